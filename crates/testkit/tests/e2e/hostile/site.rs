//! The hostile site, the names that lead to it and past it, and a listener where nobody must come.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use egress_guard::Resolver;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::Look;

pub(super) const HOST: &str = "site.example.com";
pub(super) const CANARY: &str = "CANARY-9b1c5e";
const BATTERY: &str = include_str!("../hostile.json");

/// Pages by name, each a set of files in which `{target}` stands for where it leads.
#[derive(Deserialize)]
pub(super) struct Battery {
    names: HashMap<String, Vec<Vec<IpAddr>>>,
    pub(super) targets: HashMap<String, String>,
    pages: HashMap<String, HashMap<String, String>>,
    pub(super) cases: Vec<Case>,
    pub(super) looks: Vec<Look>,
}

/// A job.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) page: String,
    pub(super) target: String,
    /// None where it does not matter why it fails.
    pub(super) code: Option<String>,
}

impl Case {
    pub(super) fn name(&self) -> String {
        format!("{} at {}", self.page, self.target)
    }
}

impl Battery {
    pub(super) fn read() -> Self {
        serde_json::from_str(BATTERY).unwrap()
    }

    /// Each time the next answer of a name, then the last again and again.
    pub(super) fn resolver(&self) -> Resolver {
        let names = Mutex::new(self.names.clone());
        Resolver::new(move |name| {
            let mut names = names.lock().unwrap();
            let answer = names.get_mut(&name).and_then(|answers| match answers.len() {
                0 | 1 => answers.first().cloned(),
                _ => Some(answers.remove(0)),
            });
            async move { answer.ok_or_else(|| std::io::Error::other("no such name")) }
        })
    }

    /// The same battery, with `inside` for the port of the listener and `canary` for a file's path.
    pub(super) fn with_targets(&self, inside: u16, canary: &Path) -> HashMap<String, String> {
        let filled = self.targets.iter().map(|(name, target)| {
            let target = target.replace("{port}", &inside.to_string());
            (name.clone(), target.replace("{canary}", &canary.display().to_string()))
        });
        filled.collect()
    }

    /// Every page for every target, by path: `/page/target/file`.
    pub(super) fn files(&self, targets: &HashMap<String, String>) -> HashMap<String, String> {
        let mut all = HashMap::new();
        for (target_name, target) in targets {
            for (page_name, files) in &self.pages {
                for (path, text) in files {
                    let path = format!("/{page_name}/{target_name}{path}");
                    all.insert(path, text.replace("{target}", target));
                }
            }
        }
        all
    }
}

pub(super) fn video_id(page: &str, target: &str) -> String {
    format!("{page}--{target}")
}

/// Counts who comes to where nobody must; its port.
pub(super) async fn silent_listener() -> (Arc<AtomicUsize>, u16) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let port = listen(move |_stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    })
    .await;
    (count, port)
}

/// Serves the files; its port.
pub(super) async fn serve(files: HashMap<String, String>) -> u16 {
    let files = Arc::new(files);
    listen(move |stream| {
        let files = Arc::clone(&files);
        async move { answer(stream, &files).await }
    })
    .await
}

async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

async fn answer(mut stream: TcpStream, files: &HashMap<String, String>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, more, body) = match files.get(path) {
        None => ("404 Not Found", String::new(), ""),
        Some(file) => match file.strip_prefix("302 ") {
            Some(target) => ("302 Found", format!("Location: {target}\r\n"), ""),
            None => ("200 OK", format!("Content-Type: {}\r\n", media_type(path)), file.as_str()),
        },
    };
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\n{more}Content-Length: {length}\r\n\r\n{body}");
    drop(stream.write_all(answer.as_bytes()).await);
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("m3u8") => "application/vnd.apple.mpegurl",
        Some("mpd") => "application/dash+xml",
        Some("ts") => "video/mp2t",
        Some("mp4") => "video/mp4",
        _ => "text/html",
    }
}
