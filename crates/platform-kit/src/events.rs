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
        let owner = Owner { user_id: self.user_id, platform: Some(self.platform) };
        loop {
            let position = self.watcher.position();
            let active = tokio::select! {
                () = self.closed.cancelled() => return None,
                active = active(&self.client, owner) => active,
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
}

/// The user's downloads that wait or run. Those that wait are asked for first: one that begins
/// meanwhile is then seen twice, and not missed. Of one that is put back meanwhile an event follows.
async fn active(client: &DbClient, owner: Owner<'_>) -> Result<Vec<Download>, DbError> {
    let waiting = with_status(client, owner, Status::Pending).await?;
    let mut active = with_status(client, owner, Status::Downloading).await?;
    let begun: HashSet<Uuid> = active.iter().map(|download| download.id).collect();
    active.extend(waiting.into_iter().filter(|download| !begun.contains(&download.id)));
    active.truncate(MAX_SNAPSHOT);
    Ok(active)
}

async fn with_status(
    client: &DbClient,
    owner: Owner<'_>,
    status: Status,
) -> Result<Vec<Download>, DbError> {
    let mut query =
        DownloadQuery { status: Some(status), limit: Some(PAGE), ..DownloadQuery::default() };
    let mut downloads = Vec::new();
    while downloads.len() < MAX_SNAPSHOT {
        let page = client.list_downloads(owner, &query).await?;
        downloads.extend(page.items);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    Ok(downloads)
}

fn heartbeat() -> Message {
    Message { event: "heartbeat", id: None, data: "{}".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix_web::{App, HttpResponse, HttpServer, web};
    use db_client::DbConnector;
    use serde_json::Value;
    use service_kit::{Config, config::Sources};

    use super::*;

    fn download(status: &str) -> Value {
        let id = Uuid::from_u128(7);
        json!({
            "id": id, "download_id": id, "type": "single", "platform": "toys", "url": "u",
            "format": "mp4", "quality": "best", "status": status, "progress": 0.0,
            "downloaded_bytes": 0, "attempts": 0, "created_at": "2026-01-01T00:00:00Z",
        })
    }

    /// A database in which a download begins once it has been asked anything.
    async fn list(asked: web::Data<AtomicUsize>, query: web::Query<DownloadQuery>) -> HttpResponse {
        let status = match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Status::Pending,
            _ => Status::Downloading,
        };
        let is_meant = query.status == Some(status);
        let items = if is_meant { vec![download(status.slug())] } else { Vec::new() };
        let totals = json!({
            "pending": 0, "downloading": 0, "completed": 0, "failed": 0, "cancelled": 0,
        });
        HttpResponse::Ok().json(json!({ "items": items, "next_cursor": null, "totals": totals }))
    }

    #[actix_web::test]
    async fn what_begins_while_it_is_asked_for_is_seen_once() {
        let asked = web::Data::new(AtomicUsize::new(0));
        let app = move || App::new().app_data(asked.clone()).default_service(web::to(list));
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let data = tempfile::tempdir().unwrap();
        let settings = [
            ("MAGPIE_DATA_DIR".into(), data.path().as_os_str().to_owned()),
            ("MAGPIE_DB_URL".into(), url.into()),
        ];
        let config = Config::load(&Sources::read(settings, [], &[]).unwrap()).unwrap();
        let client = DbConnector::new("test", &config).connect();
        let owner = Owner { user_id: 1, platform: Some("toys") };
        let seen = active(&client, owner).await.unwrap();
        let seen: Vec<_> = seen.iter().map(|download| download.status).collect();
        assert_eq!(seen, [Status::Downloading]);
        handle.stop(false).await;
    }
}
