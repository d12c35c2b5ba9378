//! One watcher's messages, whichever way they are sent.

use std::{collections::HashSet, sync::Arc, time::Duration};

use common_types::{
    download::{Download, DownloadQuery, Status},
    internal::changes::ChangedKind,
};
use db_client::{DbClient, DbError, Owner};
use serde_json::json;
use service_kit::Chain;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    feed::{Cursor, Event, Look, Watcher},
    routes::Context,
};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// A snapshot that cannot be had now is tried for again.
const RETRY: Duration = Duration::from_secs(1);
/// A snapshot shows so many downloads at the most; the list has them all.
const MAX_SNAPSHOT: usize = 1000;
const PAGE: u32 = 200;

/// What is sent.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) event: &'static str,
    /// Where to go on after it.
    pub(crate) id: Option<Cursor>,
    /// JSON.
    pub(crate) data: String,
}

/// A user's events from some point on.
pub(crate) struct Watch {
    watcher: Watcher,
    client: Arc<DbClient>,
    platform: &'static str,
    user_id: i64,
    /// Where to go on; none: with a snapshot.
    position: Option<u64>,
    beat_at: Instant,
    closed: CancellationToken,
}

impl Watch {
    pub(crate) fn begin(
        context: &Context,
        client: Arc<DbClient>,
        user_id: i64,
        cursor: Option<Cursor>,
    ) -> Self {
        let watcher = context.feed.watch(user_id);
        let position = cursor.and_then(|cursor| watcher.resume(&cursor));
        Self {
            watcher,
            client,
            platform: context.platform.name(),
            user_id,
            position,
            beat_at: Instant::now() + HEARTBEAT,
            closed: context.feed.closed(),
        }
    }

    /// The next messages, once there are any; none when the process is to end.
    pub(crate) async fn next(&mut self) -> Option<Vec<Message>> {
        loop {
            let Some(position) = self.position else { return self.snapshot().await };
            match self.watcher.look(position) {
                Look::Missed => self.position = None,
                Look::Events(events, next) if !events.is_empty() => {
                    self.position = Some(next);
                    self.beat_at = Instant::now() + HEARTBEAT;
                    return Some(events.iter().map(|event| self.message(event)).collect());
                }
                Look::Events(..) => tokio::select! {
                    () = self.closed.cancelled() => return None,
                    () = self.watcher.changed() => {}
                    () = sleep_until(self.beat_at) => {
                        self.beat_at = Instant::now() + HEARTBEAT;
                        return Some(vec![heartbeat()]);
                    }
                },
            }
        }
    }

    fn message(&self, event: &Event) -> Message {
        let name = match event.kind {
            ChangedKind::Download => "download",
            ChangedKind::Batch => "batch",
            ChangedKind::Playlist => "playlist",
        };
        let id = self.watcher.cursor(event.position.saturating_add(1));
        Message { event: name, id: Some(id), data: event.data.clone() }
    }

    /// How everything active stands; events from before it was taken follow and change nothing.
    async fn snapshot(&mut self) -> Option<Vec<Message>> {
        loop {
            let position = self.watcher.position();
            let active = tokio::select! {
                () = self.closed.cancelled() => return None,
                active = self.active() => active,
            };
            match active {
                Ok(downloads) => {
                    self.position = Some(position);
                    self.beat_at = Instant::now() + HEARTBEAT;
                    let cursor = self.watcher.cursor(position);
                    let data = json!({ "downloads": downloads, "cursor": cursor.to_string() });
                    let data = data.to_string();
                    return Some(vec![Message { event: "snapshot", id: Some(cursor), data }]);
                }
                Err(error) => log::warn!("cannot take a snapshot: {}", Chain(&error)),
            }
            tokio::select! {
                () = self.closed.cancelled() => return None,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Those that wait are asked for first: one that begins meanwhile is then seen twice, and not
    /// missed. Of one that is put back meanwhile an event follows.
    async fn active(&self) -> Result<Vec<Download>, DbError> {
        let waiting = self.with_status(Status::Pending).await?;
        let mut active = self.with_status(Status::Downloading).await?;
        let begun: HashSet<Uuid> = active.iter().map(|download| download.id).collect();
        active.extend(waiting.into_iter().filter(|download| !begun.contains(&download.id)));
        active.truncate(MAX_SNAPSHOT);
        Ok(active)
    }

    async fn with_status(&self, status: Status) -> Result<Vec<Download>, DbError> {
        let owner = Owner { user_id: self.user_id, platform: Some(self.platform) };
        let mut query =
            DownloadQuery { status: Some(status), limit: Some(PAGE), ..DownloadQuery::default() };
        let mut downloads = Vec::new();
        while downloads.len() < MAX_SNAPSHOT {
            let page = self.client.list_downloads(owner, &query).await?;
            downloads.extend(page.items);
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        Ok(downloads)
    }
}

fn heartbeat() -> Message {
    Message { event: "heartbeat", id: None, data: "{}".to_owned() }
}
