//! Makes events of what changed: at most four a second of each thing, the last state always told.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use common_types::{
    download::Download,
    internal::{
        changes::{ChangedKind, States, StatesRequest},
        collections::{BatchRecord, PlaylistRecord},
    },
};
use db_client::{DbClient, DbError};
use serde::Serialize;
use serde_json::Value;
use service_kit::Chain;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Feed,
    log::{Fields, UserLog},
};
use crate::{Platform, wire};

/// Four a second.
const INTERVAL: Duration = Duration::from_millis(250);
/// How many states are asked for at once.
const MAX_STATES: usize = 500;
const ALL_KINDS: [ChangedKind; 3] =
    [ChangedKind::Download, ChangedKind::Batch, ChangedKind::Playlist];
const COLLECTIONS: [ChangedKind; 2] = [ChangedKind::Batch, ChangedKind::Playlist];
const FORGET_EVERY: Duration = Duration::from_secs(30);

/// Asks how things stand and tells those who watch.
pub(crate) struct Teller {
    feed: Feed,
    client: DbClient,
    platform: Arc<dyn Platform>,
}

/// What changed for one user and is to be told.
type Pending = Vec<(i64, ChangedKind, Uuid)>;

impl Teller {
    pub(crate) fn new(feed: Feed, client: DbClient, platform: Arc<dyn Platform>) -> Self {
        Self { feed, client, platform }
    }

    /// Tells until `shutdown`.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut forgotten = Instant::now();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.feed.0.dirtied.notified() => {}
                () = tokio::time::sleep(FORGET_EVERY) => {}
            }
            if let Err(error) = self.tell().await {
                log::warn!("cannot ask how downloads stand: {}", Chain(&error));
                self.feed.note_missed();
            }
            if forgotten.elapsed() > FORGET_EVERY {
                self.feed.forget_unwatched(Instant::now());
                forgotten = Instant::now();
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Tells what is dirty now, and then the collections that this made dirty. What comes meanwhile
    /// waits for the next time, so that nothing is told more often than it should be.
    async fn tell(&self) -> Result<(), DbError> {
        for kinds in [&ALL_KINDS[..], &COLLECTIONS[..]] {
            let pending = self.take(kinds);
            if !pending.is_empty() {
                let states = self.client.states(&request(&pending)).await?;
                self.enter(&pending, states);
            }
        }
        if self.feed.lock().values().any(UserLog::has_dirty) {
            self.feed.0.dirtied.notify_one();
        }
        Ok(())
    }

    fn take(&self, kinds: &[ChangedKind]) -> Pending {
        let mut pending = Pending::new();
        for (user_id, log) in self.feed.lock().iter_mut() {
            let left = MAX_STATES.saturating_sub(pending.len());
            let dirty = log.take_dirty(kinds, left);
            pending.extend(dirty.into_iter().map(|(kind, id)| (*user_id, kind, id)));
        }
        pending
    }

    /// Only what is of this platform and the user's own is told.
    fn enter(&self, pending: &Pending, states: States) {
        let platform = self.platform.as_ref();
        let mut found = HashSet::new();
        let mut users = self.feed.lock();
        let is_ours = |of: &str| of == platform.name();
        for record in states.downloads {
            found.insert(record.download.id);
            let log = users.get_mut(&record.user_id).filter(|_| is_ours(&record.download.platform));
            if let Some(log) = log {
                let (id, collection) = (record.download.id, collection_of(&record.download));
                log.tell(ChangedKind::Download, id, fields(&record.download), collection);
            }
        }
        for record in states.batches {
            found.insert(record.id);
            if let Some(log) = users.get_mut(&record.user_id).filter(|_| is_ours(&record.platform))
            {
                log.tell(ChangedKind::Batch, record.id, batch_fields(platform, record), None);
            }
        }
        for record in states.playlists {
            found.insert(record.id);
            if let Some(log) = users.get_mut(&record.user_id).filter(|_| is_ours(&record.platform))
            {
                log.tell(ChangedKind::Playlist, record.id, playlist_fields(platform, record), None);
            }
        }
        for (user_id, kind, id) in pending.iter().filter(|(_, _, id)| !found.contains(id)) {
            if let Some(log) = users.get_mut(user_id) {
                log.tell_gone(*kind, *id);
            }
        }
    }
}

fn request(pending: &Pending) -> StatesRequest {
    let of = |wanted: ChangedKind| {
        let ids = pending.iter().filter(|(_, kind, _)| *kind == wanted);
        ids.map(|(_, _, id)| *id).collect()
    };
    StatesRequest {
        downloads: of(ChangedKind::Download),
        batches: of(ChangedKind::Batch),
        playlists: of(ChangedKind::Playlist),
    }
}

fn collection_of(download: &Download) -> Option<(ChangedKind, Uuid)> {
    let batch = download.batch_id.map(|id| (ChangedKind::Batch, id));
    batch.or_else(|| download.playlist_id.map(|id| (ChangedKind::Playlist, id)))
}

/// The fields of a batch but its items, which are told one by one.
fn batch_fields(platform: &dyn Platform, record: BatchRecord) -> Fields {
    without_items(fields(&wire::batch(platform, record)))
}

fn playlist_fields(platform: &dyn Platform, record: PlaylistRecord) -> Fields {
    without_items(fields(&wire::playlist(platform, record)))
}

fn without_items(mut fields: Fields) -> Fields {
    fields.remove("videos");
    fields
}

/// What the API shows is always a JSON object.
fn fields<T: Serialize>(shown: &T) -> Fields {
    match serde_json::to_value(shown) {
        Ok(Value::Object(fields)) => fields,
        _ => Fields::new(),
    }
}
