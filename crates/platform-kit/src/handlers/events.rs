//! `GET events`: what happens to one's downloads, as Server-Sent Events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::Bytes;
use common_types::account::ApiKeyScope;
use db_client::DbClient;
use futures_util::{Stream, stream};
use serde::Deserialize;
use service_kit::{ApiResult, FromUser};

use crate::{
    events::{Message, Watch},
    feed::Cursor,
    routes::Context,
};

const LAST_EVENT_ID: &str = "last-event-id";
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// The query of `events` and `ws`.
#[derive(Debug, Deserialize)]
pub(crate) struct EventsQuery {
    /// Where to go on: the `id` of the last event that was received.
    pub(crate) cursor: Option<String>,
}

/// Streams the user's events: a snapshot, or what was missed since the cursor; then what happens.
pub(crate) async fn stream_events(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    query: web::Query<EventsQuery>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    // What a browser sends by itself after a break is fresher than what its page put into the URL.
    let last = request.headers().get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let cursor = last.or(query.cursor.as_deref()).and_then(|text| text.parse::<Cursor>().ok());
    let watch = Watch::begin(&context, client.into_inner(), user.id(), cursor);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(lines(watch)))
}

fn lines(watch: Watch) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // Part of the first message: alone, some readers would take it for one.
    let retry = format!("retry: {}\n", RETRY.as_millis());
    stream::unfold((watch, retry), |(mut watch, retry)| async move {
        let messages = watch.next().await?;
        let text = messages.iter().map(block).fold(retry, |text, block| text + &block);
        Some((Ok(Bytes::from(text)), (watch, String::new())))
    })
}

/// One event. JSON has no line break in it, so its data is one line.
fn block(message: &Message) -> String {
    let Message { event, id, data } = message;
    let id = id.as_ref().map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {event}\n{id}data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_block_of_lines() {
        let message = Message {
            event: "download",
            id: Some(Cursor::new("a", 3)),
            data: "{\"id\":\"x\"}".to_owned(),
        };
        assert_eq!(block(&message), "event: download\nid: a-3\ndata: {\"id\":\"x\"}\n\n");
        let beat = Message { event: "heartbeat", id: None, data: "{}".to_owned() };
        assert_eq!(block(&beat), "event: heartbeat\ndata: {}\n\n");
    }
}
