//! An answer that goes on for hours ends with the credential that asked for it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{auth::Verdict, shared::Shared};

/// How often the credential is looked at: a logout holds everywhere within two seconds.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Why such an answer ends before its service ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The credential has expired or was revoked.
    Credential,
    /// The gateway stops; another one answers.
    Stopping,
}

/// A body that may have something to say when it is ended.
pub(crate) trait Live: MessageBody {
    fn farewell(&self, _end: End) -> Option<Bytes> {
        None
    }
}

/// A body that ends when its credential has expired or was revoked, or the gateway stops.
pub(crate) struct Lifeline<B> {
    body: B,
    shared: Arc<Shared>,
    verdict: Arc<Verdict>,
    looks: Interval,
    is_over: bool,
}

impl<B> Lifeline<B> {
    pub(crate) fn new(body: B, shared: Arc<Shared>, verdict: Arc<Verdict>) -> Self {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { body, shared, verdict, looks, is_over: false }
    }

    fn end(&mut self, context: &mut Context<'_>) -> Option<End> {
        let mut is_time = false;
        // Polled until it is pending, so that it wakes us for the next look.
        while self.looks.poll_tick(context).is_ready() {
            is_time = true;
        }
        let is_revoked = is_time && !self.shared.auth.is_in_force(&self.verdict);
        let is_stopping = is_time && self.shared.stopping.is_cancelled();
        is_revoked.then_some(End::Credential).or(is_stopping.then_some(End::Stopping))
    }
}

impl<B: Live + Unpin> MessageBody for Lifeline<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(end) = self.end(context) {
            self.is_over = true;
            return Poll::Ready(self.body.farewell(end).map(Ok));
        }
        Pin::new(&mut self.body).poll_next(context)
    }
}
