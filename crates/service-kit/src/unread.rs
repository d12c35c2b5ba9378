//! Bodies that nobody read to their end.
//!
//! Who answers and closes the connection while the other side still sends has the system reset it,
//! and the reset may overtake the answer: the client then sees a broken pipe and never learns why it
//! was refused. So what is left of a body is taken in and thrown away first, as far as it is little
//! (RFC 9112, section 9.6, says why; nginx calls it lingering).

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::header::{CONTENT_LENGTH, EXPECT, HeaderMap, TRANSFER_ENCODING},
    middleware::Next,
    web::Bytes,
};
use futures_util::{Stream, StreamExt};
use tokio::time::Instant;

/// Of a larger body nothing is taken in: its sender is better off with a reset.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// How long the answer is held back altogether, and for a sender that has stopped.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_WITH_SILENCE: Duration = Duration::from_millis(500);

/// Holds the answer back until the body has been read, by the handler or else by us.
pub(crate) async fn read_off<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !is_worth_reading(request.headers()) {
        return next.call(request).await;
    }
    let body = Body(Rc::new(RefCell::new(Rest {
        payload: Some(request.take_payload()),
        last_piece: Instant::now(),
    })));
    request.set_payload(Payload::Stream { payload: Box::pin(body.clone()) });
    let answer = next.call(request).await;
    // In vain where the sender is too slow; it is answered all the same.
    let _late = tokio::time::timeout(PATIENCE, discard(body)).await;
    answer
}

/// Who expects to be told first whether to send a body has not sent one yet.
fn is_worth_reading(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok()).unwrap_or(0);
    let has_body = headers.contains_key(TRANSFER_ENCODING) || (1..=MAX_BYTES).contains(&length);
    has_body && !headers.contains_key(EXPECT)
}

async fn discard(mut body: Body) {
    let mut left = MAX_BYTES;
    loop {
        // From the last piece on: who has kept the handler waiting does not keep us waiting as well.
        let silence_ends = body.0.borrow().last_piece + PATIENCE_WITH_SILENCE;
        let Ok(Some(Ok(piece))) = tokio::time::timeout_at(silence_ends, body.next()).await else {
            return;
        };
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

/// A body that the handler reads, and whoever comes after it.
#[derive(Clone)]
struct Body(Rc<RefCell<Rest>>);

struct Rest {
    /// `None` once it has ended.
    payload: Option<Payload>,
    last_piece: Instant,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut rest = self.0.borrow_mut();
        let Some(payload) = rest.payload.as_mut() else { return Poll::Ready(None) };
        let piece = std::task::ready!(payload.poll_next_unpin(context));
        rest.last_piece = Instant::now();
        if !matches!(piece, Some(Ok(_))) {
            rest.payload = None;
        }
        Poll::Ready(piece)
    }
}
