//! Those who watch, each over a WebSocket that it opens again whenever it ends.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use awc::ws::Frame;
use futures_util::StreamExt;
use serde_json::{Value, json};
use testkit::{Client, standin::scenarios::OKAY, wait_for};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{completed, load::create};

const REOPEN_AFTER: Duration = Duration::from_millis(200);
const HEARD_WITHIN: Duration = Duration::from_secs(15);
const TRIES: usize = 5;

/// What each socket has heard to be completed.
#[derive(Clone)]
pub(super) struct Heard(Arc<Vec<Mutex<BTreeSet<String>>>>);

impl Heard {
    pub(super) fn of(sockets: usize) -> Self {
        Self(Arc::new((0..sockets).map(|_| Mutex::default()).collect()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Every socket is there at the end, and hears what happens.
    pub(super) async fn all_hear(&self, client: &Client) {
        for _ in 0..TRIES {
            let key = Uuid::now_v7().to_string();
            let body = json!({ "url": OKAY.url(3), "quality": "360p" });
            let id = wait_for("a download is accepted", || async {
                create(client, &key, &body).await.ok()
            })
            .await;
            completed(client, id).await;
            let id = id.to_string();
            let everyone = async {
                while !self.0.iter().all(|heard| heard.lock().unwrap().contains(&id)) {
                    tokio::time::sleep(REOPEN_AFTER).await;
                }
            };
            if tokio::time::timeout(HEARD_WITHIN, everyone).await.is_ok() {
                return;
            }
        }
        panic!("some socket hears nothing any more");
    }
}

pub(super) struct Watcher<'w> {
    pub(super) urls: &'w [String],
    pub(super) token: &'w str,
    pub(super) number: usize,
    pub(super) heard: &'w Heard,
}

impl Watcher<'_> {
    pub(super) async fn watch(self, stop: &CancellationToken) {
        let mut turn = self.number;
        loop {
            let url = &self.urls[turn % self.urls.len()];
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.listen(url) => {}
            }
            turn += 1;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REOPEN_AFTER) => {}
            }
        }
    }

    /// Until the socket ends.
    async fn listen(&self, url: &str) {
        let request = awc::Client::new().ws(format!("{url}/api/youtube/ws"));
        let request = request.bearer_auth(self.token).max_frame_size(4 * 1024 * 1024);
        let Ok((_, mut socket)) = request.connect().await else { return };
        while let Some(Ok(frame)) = socket.next().await {
            if let Frame::Text(text) = frame {
                self.note(&serde_json::from_slice(&text).unwrap());
            }
        }
    }

    fn note(&self, event: &Value) {
        if event["data"]["status"] == "completed"
            && let Some(id) = event["data"]["id"].as_str()
        {
            self.heard.0[self.number].lock().unwrap().insert(id.to_owned());
        }
    }
}
