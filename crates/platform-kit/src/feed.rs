//! What happens to a user's downloads, as events for whoever watches.
//!
//! db-service says what changed; four times a second the states of what changed for users who watch
//! are asked for, compared with what was told before, and the difference becomes events. So an
//! event is never stale, costs the same however many watch, and of several changes in between only
//! the last state is told.
//!
//! Events stand in a bounded log per user. A watcher reads from it at its own pace, and one that has
//! fallen out of it gets a snapshot: no memory grows with a reader that is too slow.

mod cursor;
mod follower;
mod log;
mod teller;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use common_types::internal::changes::Changes;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use cursor::Cursor;
pub(crate) use follower::Follower;
pub(crate) use log::Event;
use log::UserLog;
pub(crate) use teller::Teller;

/// How long the log of a user whom nobody watches is kept, for one who comes back.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// The events of all users who are watched. Clones are the same.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Inner>);

struct Inner {
    users: Mutex<HashMap<i64, UserLog>>,
    /// Tells this process's events from every other's.
    epoch: String,
    /// Something has changed that someone watches.
    dirtied: Notify,
    closed: CancellationToken,
}

/// What a watcher finds when it looks.
pub(crate) enum Look {
    /// Events in order, perhaps none, and where to go on.
    Events(Vec<Arc<Event>>, u64),
    /// It has missed some: it needs to see how everything stands.
    Missed,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            users: Mutex::new(HashMap::new()),
            epoch: uuid::Uuid::now_v7().simple().to_string(),
            dirtied: Notify::new(),
            closed: CancellationToken::new(),
        }))
    }

    /// Watches a user's events, until it is dropped.
    pub(crate) fn watch(&self, user_id: i64) -> Watcher {
        let mut users = self.lock();
        let log = users.entry(user_id).or_insert_with(UserLog::new);
        let changed = log.watch();
        Watcher { feed: self.clone(), user_id, changed }
    }

    /// Cancelled when the process is to end.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.0.closed.clone()
    }

    /// Ends all watching at shutdown, so that the server need not wait for it.
    pub(crate) async fn close_at(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        self.0.closed.cancel();
    }

    /// Notes what changed for those who are watched.
    fn note(&self, changes: &Changes) {
        let mut users = self.lock();
        let mut is_dirty = false;
        for mark in &changes.marks {
            if let Some(log) = users.get_mut(&mark.user_id) {
                log.dirty(changes.kind, mark.id);
                is_dirty = true;
            }
        }
        if is_dirty {
            self.0.dirtied.notify_one();
        }
    }

    /// Changes may have gone unnoticed: everyone needs to see how everything stands.
    fn note_missed(&self) {
        self.lock().values_mut().for_each(UserLog::restart);
    }

    /// Forgets users whom nobody has watched for a while.
    fn forget_unwatched(&self, now: Instant) {
        self.lock().retain(|_, log| log.is_wanted(now, KEPT_FOR));
    }

    /// The map is whole after every statement that changes it, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, UserLog>> {
        self.0.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who watches a user's events.
pub(crate) struct Watcher {
    feed: Feed,
    user_id: i64,
    changed: watch::Receiver<u64>,
}

impl Watcher {
    /// Where the next event will stand. Whoever takes a snapshot asks first, and then misses none.
    pub(crate) fn position(&self) -> u64 {
        self.feed.lock().get(&self.user_id).map_or(0, UserLog::position)
    }

    /// The events from `position` on.
    pub(crate) fn look(&self, position: u64) -> Look {
        match self.feed.lock().get(&self.user_id) {
            Some(log) => log.look(position),
            None => Look::Missed,
        }
    }

    /// Resolves when there may be something new.
    pub(crate) async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            // The log is gone only together with the feed.
            std::future::pending::<()>().await;
        }
    }

    /// The position that a cursor of before names, if what follows it is still known.
    pub(crate) fn resume(&self, cursor: &Cursor) -> Option<u64> {
        let position = cursor.position_in(&self.feed.0.epoch)?;
        matches!(self.look(position), Look::Events(..)).then_some(position)
    }

    /// What a client sends back to go on at `position`.
    pub(crate) fn cursor(&self, position: u64) -> Cursor {
        Cursor::new(&self.feed.0.epoch, position)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(log) = self.feed.lock().get_mut(&self.user_id) {
            log.unwatch(Instant::now());
        }
    }
}
