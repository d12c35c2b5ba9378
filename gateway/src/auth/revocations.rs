//! The sessions and API keys that have ended before their time.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common_types::{Timestamp, internal::accounts::Revocation};
use service_kit::{Chain, Clock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::News;
use crate::neighbours::{NeighbourError, Neighbours};

const PRUNE_INTERVAL: Duration = Duration::from_secs(60);
/// However much ends, the feed is not asked for more often.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// What has ended, kept until it would have expired anyway. One task follows auth-service's feed.
#[derive(Debug, Default)]
pub(crate) struct Revocations {
    ended: RwLock<HashMap<Uuid, Timestamp>>,
    /// Whether the feed has been read to its end once.
    is_complete: watch::Sender<bool>,
    is_failing: AtomicBool,
}

impl Revocations {
    /// Whether it is known what has ended. Until then nobody can be let in.
    pub(crate) fn is_complete(&self) -> bool {
        *self.is_complete.borrow()
    }

    /// Whether news of what ends still arrive.
    pub(crate) fn is_current(&self) -> bool {
        self.is_complete() && !self.is_failing.load(Ordering::Relaxed)
    }

    pub(crate) fn contains(&self, id: &Uuid) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// Adds what ended through this gateway, without waiting for the feed.
    pub(crate) fn add(&self, id: Uuid, expires_at: Timestamp) {
        self.extend([(id, expires_at)]);
    }

    /// Told when the feed has been read to its end.
    pub(crate) fn subscribe(&self) -> watch::Receiver<bool> {
        self.is_complete.subscribe()
    }

    /// Follows the feed until shutdown: now and then, and when there are news. When it fails, what is
    /// known stays in force.
    pub(crate) async fn follow(
        &self,
        neighbours: &Neighbours,
        clock: &Clock,
        every: Duration,
        news: &News,
        shutdown: CancellationToken,
    ) {
        let mut cursor = 0;
        let mut pruned = Instant::now();
        let mut listener = news.listen();
        loop {
            listener.catch_up();
            let read = tokio::select! {
                () = shutdown.cancelled() => return,
                read = self.catch_up(neighbours, &mut cursor) => read,
            };
            self.note(read);
            if pruned.elapsed() > PRUNE_INTERVAL {
                self.prune(clock.now());
                pruned = Instant::now();
            }
            let next = async {
                tokio::time::sleep(MIN_INTERVAL.min(every)).await;
                tokio::select! {
                    () = tokio::time::sleep(every.saturating_sub(MIN_INTERVAL)) => {}
                    () = listener.hear() => {}
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = next => {}
            }
        }
    }

    async fn catch_up(
        &self,
        neighbours: &Neighbours,
        cursor: &mut i64,
    ) -> Result<(), NeighbourError> {
        loop {
            let feed = neighbours.revocations(*cursor).await?;
            let items = feed.items.iter();
            self.extend(
                items.map(|Revocation { session_id, expires_at, .. }| (*session_id, *expires_at)),
            );
            // A feed that went back is another database's; it is read from its start.
            let is_behind = feed.cursor < *cursor;
            *cursor = if is_behind { 0 } else { feed.cursor };
            if !feed.more && !is_behind {
                return Ok(());
            }
        }
    }

    /// Logs the first of several failures, and the end of them.
    fn note(&self, read: Result<(), NeighbourError>) {
        let was_failing = self.is_failing.swap(read.is_err(), Ordering::Relaxed);
        match read {
            Err(error) if !was_failing => {
                log::warn!("cannot read which sessions have ended: {}", Chain(&error));
            }
            Err(_again) => {}
            Ok(()) => {
                self.is_complete.send_if_modified(|complete| !std::mem::replace(complete, true));
            }
        }
    }

    fn extend(&self, ended: impl IntoIterator<Item = (Uuid, Timestamp)>) {
        let mut ended = ended.into_iter().peekable();
        // Every poll ends here, mostly with nothing; readers need not wait for that.
        if ended.peek().is_some() {
            self.ended.write().unwrap_or_else(PoisonError::into_inner).extend(ended);
        }
    }

    fn prune(&self, now: Timestamp) {
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, expires_at| *expires_at >= now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_expired_is_forgotten() {
        let revocations = Revocations::default();
        let [old, young] = [Uuid::now_v7(), Uuid::now_v7()];
        revocations.add(old, Timestamp::from_seconds(10));
        revocations.add(young, Timestamp::from_seconds(20));
        revocations.prune(Timestamp::from_seconds(15));
        assert_eq!([&old, &young].map(|id| revocations.contains(id)), [false, true]);
    }
}
