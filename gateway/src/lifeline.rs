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

/// A body that ends when its credential has expired or was revoked, or the gateway stops.
pub(crate) struct Lifeline<B> {
    body: B,
    shared: Arc<Shared>,
    verdict: Arc<Verdict>,
    looks: Interval,
}

impl<B> Lifeline<B> {
    pub(crate) fn new(body: B, shared: Arc<Shared>, verdict: Arc<Verdict>) -> Self {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { body, shared, verdict, looks }
    }

    fn has_ended(&mut self, context: &mut Context<'_>) -> bool {
        let mut is_time = false;
        // Polled until it is pending, so that it wakes us for the next look.
        while self.looks.poll_tick(context).is_ready() {
            is_time = true;
        }
        let shared = &self.shared;
        is_time && (shared.stopping.is_cancelled() || !shared.auth.is_in_force(&self.verdict))
    }
}

impl<B: MessageBody + Unpin> MessageBody for Lifeline<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        if self.has_ended(context) {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_next(context)
    }
}
