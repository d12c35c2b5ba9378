//! `GET ws`: the same messages as `events`, over a WebSocket (RFC 6455).

use std::{io::ErrorKind, pin::Pin};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, error::PayloadError, web};
use actix_ws::{CloseCode, CloseReason, Message as Frame, MessageStream, ProtocolError, Session};
use bytes::Bytes;
use common_types::account::ApiKeyScope;
use db_client::DbClient;
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use service_kit::{ApiError, ApiResult, FromUser};

use super::events::EventsQuery;
use crate::{
    events::{Message, Watch},
    routes::Context,
};

/// All that a client may ever send: it only answers pings and says good-bye. The library below
/// gathers a whole frame before it looks at its size, so the bytes are counted before it.
const MAX_INBOUND_BYTES: usize = 64 * 1024;

/// Opens a socket: a snapshot, or what was missed since the cursor; then what happens.
pub(crate) async fn open_socket(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    query: web::Query<EventsQuery>,
    body: web::Payload,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let no_handshake = |error: actix_web::Error| {
        let detail = "This is no WebSocket handshake.";
        ApiError::new(common_types::ErrorCode::InvalidRequest, detail)
            .with_source(error.to_string())
    };
    let body = bounded(&request, body).await.map_err(no_handshake)?;
    let (response, session, frames) = actix_ws::handle(&request, body).map_err(no_handshake)?;
    let cursor = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let watch = Watch::begin(&context, client.into_inner(), user.id(), cursor);
    actix_web::rt::spawn(converse(watch, session, frames));
    Ok(response)
}

/// Ends the connection of who sends more than there is any reason to.
async fn bounded(
    request: &HttpRequest,
    body: web::Payload,
) -> Result<web::Payload, actix_web::Error> {
    let left = Some(MAX_INBOUND_BYTES);
    let counted = stream::unfold((body, left), |(mut body, left)| async move {
        let left = left?;
        let chunk: Result<Bytes, _> = body.next().await?;
        match chunk {
            Ok(bytes) => match left.checked_sub(bytes.len()) {
                Some(left) => Some((Ok(bytes), (body, Some(left)))),
                None => Some((Err(PayloadError::Overflow), (body, None))),
            },
            Err(error) => Some((Err(error), (body, None))),
        }
    });
    let payload: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(counted);
    let mut counted = dev::Payload::Stream { payload };
    web::Payload::from_request(request, &mut counted).await
}

async fn converse(mut watch: Watch, mut session: Session, mut frames: MessageStream) {
    let reason = loop {
        let sent = tokio::select! {
            messages = watch.next() => match messages {
                Some(messages) => send(&mut session, &messages).await,
                // The process is to end; the client shall come back.
                None => break Some(CloseReason::from(CloseCode::Restart)),
            },
            frame = frames.next() => match frame {
                Some(Ok(Frame::Ping(bytes))) => session.pong(&bytes).await,
                Some(Ok(Frame::Close(theirs))) => break theirs.map(|theirs| theirs.code.into()),
                Some(Err(error)) => break Some(fault(&error).into()),
                None => break None,
                // There is nothing that a client could ask for.
                Some(Ok(_)) => Ok(()),
            },
        };
        if sent.is_err() {
            return;
        }
    };
    // A client that is gone has nobody to say good-bye to.
    let _gone = session.close(reason).await;
}

/// RFC 6455, section 7.4.1.
fn fault(error: &ProtocolError) -> CloseCode {
    match error {
        ProtocolError::Overflow => CloseCode::Size,
        ProtocolError::Io(error) if error.kind() == ErrorKind::InvalidData => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

async fn send(session: &mut Session, messages: &[Message]) -> Result<(), actix_ws::Closed> {
    for message in messages {
        if message.event == "heartbeat" {
            session.ping(b"").await?;
        }
        session.text(text(message)).await?;
    }
    Ok(())
}

fn text(message: &Message) -> String {
    // What was serialised a moment ago is JSON.
    let data: Value = serde_json::from_str(&message.data).unwrap_or_default();
    match &message.id {
        Some(id) => json!({ "event": message.event, "id": id.to_string(), "data": data }),
        None => json!({ "event": message.event, "data": data }),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Cursor;

    #[test]
    fn a_fault_has_its_code() {
        let text = ProtocolError::Io(ErrorKind::InvalidData.into());
        for (error, code) in [
            (text, CloseCode::Invalid),
            (ProtocolError::Overflow, CloseCode::Size),
            (ProtocolError::UnmaskedFrame, CloseCode::Protocol),
        ] {
            assert_eq!(fault(&error), code, "{error}");
        }
    }

    #[test]
    fn a_message_names_its_event_and_where_to_go_on() {
        let message = Message {
            event: "batch",
            id: Some(Cursor::new("a", 9)),
            data: "{\"id\":\"x\",\"progress\":1.5}".to_owned(),
        };
        let expected =
            json!({ "event": "batch", "id": "a-9", "data": { "id": "x", "progress": 1.5 } });
        assert_eq!(serde_json::from_str::<Value>(&text(&message)).unwrap(), expected);
    }
}
