//! The application's side of a connection: when a request begins, its body ends, its answer ends.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{ConnectionType, header::CONTENT_LENGTH},
    web::Bytes,
};
use futures_util::Stream;
use tokio::time::{Sleep, sleep};

use super::{Connection, state::Body};

/// Ends the request on its connection when dropped.
pub(crate) struct Tending(Option<Connection>);

impl Drop for Tending {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.end();
        }
    }
}

impl Tending {
    /// Goes on until the answer's body ends.
    pub(crate) fn attach<B: MessageBody>(
        self,
        mut response: ServiceResponse<B>,
    ) -> ServiceResponse<Tended<B>> {
        let is_upgrade = response.response().head().upgrade();
        if !is_upgrade && self.0.as_ref().is_some_and(Connection::is_old) {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        response.map_body(|_, body| Tended { body, _tending: self })
    }
}

/// Marks the request as begun, and puts its body under a deadline.
pub(crate) fn begin(request: &mut ServiceRequest) -> Tending {
    let Some(connection) = request.conn_data::<Connection>().cloned() else {
        return Tending(None);
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let declared = length.and_then(|length| length.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
    let body = match request.parts().1 {
        Payload::None => Body::None,
        _ if request.request().head().upgrade() => Body::Upgrade,
        _ => Body::Unread,
    };
    connection.begin(body, declared);
    if body == Body::Unread {
        let payload = request.take_payload();
        let deadline = Box::pin(sleep(connection.limits().body));
        let timed = TimedBody { payload, deadline, connection: connection.clone() };
        request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    }
    Tending(Some(connection))
}

/// The body of a request, which has so long to arrive.
struct TimedBody {
    payload: Payload,
    deadline: Pin<Box<Sleep>>,
    connection: Connection,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(context);
        match &next {
            Poll::Ready(None) => self.connection.end_body(true),
            Poll::Ready(Some(_)) => {}
            Poll::Pending => {
                if self.deadline.as_mut().poll(context).is_ready() {
                    let error = io::Error::new(io::ErrorKind::TimedOut, "the body took too long");
                    return Poll::Ready(Some(Err(PayloadError::Io(error))));
                }
            }
        }
        next
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        self.connection.end_body(false);
    }
}

/// The body of an answer, with which the request ends.
pub(crate) struct Tended<B> {
    body: B,
    _tending: Tending,
}

impl<B: MessageBody + Unpin> MessageBody for Tended<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
