//! The body of an answer on its way to the client.
//!
//! Whatever breaks it off ends in an error, and with it the client's connection: nobody may take
//! half a file for a whole one.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use http::{HeaderMap, header};
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, Sleep, sleep};

use crate::lifeline::Live;

/// Why an answer was cut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    #[error("the service broke off its answer")]
    BrokeOff(#[source] hyper::Error),
    #[error("the service paused for too long in the middle of its answer")]
    Stalled,
}

/// A body that is passed on as it arrives, with the length that the service declared.
pub(crate) struct Download {
    incoming: Incoming,
    size: BodySize,
    idle: Duration,
    /// Runs while nothing arrives.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Download {
    pub(crate) fn new(incoming: Incoming, size: BodySize, idle: Duration) -> Self {
        Self { incoming, size, idle, timer: None }
    }

    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<DownloadError> {
        let idle = self.idle;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(idle)));
        timer.as_mut().poll(context).map(|()| DownloadError::Stalled)
    }
}

/// The size to announce. An answer to HEAD has the length of what GET would bring, and no body.
///
/// `None` when the answer has a body without any framing: its end could not be told from a cut.
pub(crate) fn announced_size(
    headers: &HeaderMap,
    incoming: &Incoming,
    is_head: bool,
) -> Option<BodySize> {
    if is_head {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        return Some(length.and_then(|n| n.parse().ok()).map_or(BodySize::None, BodySize::Sized));
    }
    if let Some(length) = incoming.size_hint().exact() {
        return Some(BodySize::Sized(length));
    }
    headers.contains_key(header::TRANSFER_ENCODING).then_some(BodySize::Stream)
}

impl Live for Download {}

impl MessageBody for Download {
    type Error = DownloadError;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, DownloadError>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    let idle = self.idle;
                    if let Some(timer) = &mut self.timer {
                        timer.as_mut().reset(Instant::now() + idle);
                    }
                    // Trailers are dropped: they belong to the hop.
                    if let Ok(piece) = frame.into_data() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(DownloadError::BrokeOff(error))));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return self.poll_idle(context).map(|error| Some(Err(error))),
            }
        }
    }
}
