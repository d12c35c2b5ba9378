//! Who uses the stack meanwhile, from a thread of its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use awc::http::Method;
use common_types::{Problem, download::DownloadAccepted};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, Client, Fleet, standin::scenarios::OKAY};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::sockets::{Heard, Watcher};

const READERS: usize = 4;
/// Above the gateway's own patience.
const PATIENCE: Duration = Duration::from_secs(45);
const READ_EVERY: Duration = Duration::from_millis(30);
const WRITE_EVERY: Duration = Duration::from_millis(400);

/// How those who used it fared.
#[derive(Default)]
pub(super) struct Report {
    pub(super) requests: usize,
    /// By what was answered.
    pub(super) failed_reads: BTreeMap<String, usize>,
    /// First attempts; each was repeated with its key until it was accepted.
    pub(super) failed_writes: BTreeMap<String, usize>,
    /// Failures without a problem that says what is the matter.
    pub(super) unclear: Vec<String>,
    pub(super) written: Vec<Uuid>,
}

impl Report {
    fn note_read(&mut self, path: &str, answer: Result<Answer, String>) {
        self.requests += 1;
        let told = match answer {
            Ok(answer) if answer.status == 200 => return,
            Ok(answer) => self.told(&answer, path),
            Err(error) => error,
        };
        *self.failed_reads.entry(told).or_default() += 1;
    }

    fn note_failed_write(&mut self, failure: Failure, is_first: bool) {
        let told = match failure {
            Failure::Answered(answer) => self.told(&answer, "a download"),
            Failure::Unheard(error) => error,
        };
        if is_first {
            *self.failed_writes.entry(told).or_default() += 1;
        }
    }

    fn note_written(&mut self, id: Uuid) {
        self.requests += 1;
        self.written.push(id);
    }

    /// The code that a failure was told with.
    fn told(&mut self, answer: &Answer, what: &str) -> String {
        match serde_json::from_slice::<Problem>(&answer.body) {
            Ok(problem) if answer.status != 500 => {
                format!("{} {}: {}", answer.status, problem.code.slug(), problem.detail)
            }
            _ => {
                self.unclear.push(format!("{what}: {} {}", answer.status, answer.text()));
                answer.status.to_string()
            }
        }
    }
}

type Shared = Arc<Mutex<Report>>;

pub(super) struct Load {
    report: Shared,
    heard: Heard,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl Load {
    pub(super) fn start(fleet: &Fleet, client: &Client, sockets: usize) -> Self {
        let (report, stop) = (Shared::default(), CancellationToken::new());
        let heard = Heard::of(sockets);
        let urls = fleet.stack.urls().to_vec();
        let token = client.token().unwrap().to_owned();
        let thread = {
            let (report, heard, stop) = (Arc::clone(&report), heard.clone(), stop.clone());
            std::thread::spawn(move || {
                actix_web::rt::System::new().block_on(run(&urls, &token, report, heard, stop));
            })
        };
        Self { report, heard, stop, thread }
    }

    pub(super) async fn all_sockets_hear(&self, client: &Client) {
        self.heard.all_hear(client).await;
    }

    pub(super) fn stop(self) -> Report {
        self.stop.cancel();
        self.thread.join().unwrap();
        std::mem::take(&mut *self.report.lock().unwrap())
    }
}

async fn run(urls: &[String], token: &str, report: Shared, heard: Heard, stop: CancellationToken) {
    let clients: Vec<Client> = urls.iter().map(|url| Client::new(url).with_token(token)).collect();
    let readers = (0..READERS).map(|number| read(&clients, number, &report, &stop));
    let watchers = (0..heard.len()).map(|number| {
        let watcher = Watcher { urls, token, number, heard: &heard };
        watcher.watch(&stop)
    });
    tokio::join!(join_all(readers), join_all(watchers), write(&clients, &report, &stop));
}

/// Asks for what changes nothing. Like a balancer before the gateways it goes to the other one when
/// it cannot speak to the first, and to nobody else when that answers.
async fn read(clients: &[Client], number: usize, report: &Shared, stop: &CancellationToken) {
    let paths =
        ["/api/youtube/downloads?limit=5", "/api/auth/profile", "/api/youtube/downloads?limit=50"];
    let mut turn = number;
    while !stop.is_cancelled() {
        turn += 1;
        let path = paths[turn % paths.len()];
        let mut answer = get(&clients[turn % clients.len()], path).await;
        if answer.is_err() {
            answer = get(&clients[(turn + 1) % clients.len()], path).await;
        }
        report.lock().unwrap().note_read(path, answer);
        tokio::time::sleep(READ_EVERY).await;
    }
}

async fn get(client: &Client, path: &str) -> Result<Answer, String> {
    let sent = client.try_send(Method::GET, path, &[], None);
    tokio::time::timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err("no answer".to_owned()))
}

/// Asks for downloads, each under a key, and again until it is accepted.
async fn write(clients: &[Client], report: &Shared, stop: &CancellationToken) {
    let mut turn = 0;
    while !stop.is_cancelled() {
        let key = Uuid::now_v7().to_string();
        let body = json!({ "url": OKAY.url(2), "quality": "360p" });
        let mut attempts = 0;
        let id = loop {
            turn += 1;
            match create(&clients[turn % clients.len()], &key, &body).await {
                Ok(id) => break id,
                Err(failure) => report.lock().unwrap().note_failed_write(failure, attempts == 0),
            }
            attempts += 1;
            assert!(attempts < 1000, "nobody accepts it");
            tokio::time::sleep(READ_EVERY).await;
        };
        report.lock().unwrap().note_written(id);
        tokio::time::sleep(WRITE_EVERY).await;
    }
}

pub(super) enum Failure {
    Answered(Answer),
    Unheard(String),
}

/// Asks for a download under a key.
pub(super) async fn create(client: &Client, key: &str, body: &Value) -> Result<Uuid, Failure> {
    let headers = [("idempotency-key", key)];
    let path = "/api/youtube/single/download";
    let sent = client.try_send(Method::POST, path, &headers, Some(body));
    match tokio::time::timeout(PATIENCE, sent).await {
        Ok(Ok(answer)) if matches!(answer.status, 200 | 202) => {
            Ok(answer.json::<DownloadAccepted>().download_id)
        }
        Ok(Ok(answer)) => Err(Failure::Answered(answer)),
        Ok(Err(error)) => Err(Failure::Unheard(error)),
        Err(_) => Err(Failure::Unheard("no answer".to_owned())),
    }
}
