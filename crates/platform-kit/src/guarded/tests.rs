//! Pages that send yt-dlp and ffmpeg inside, and a guard with nothing behind it. It resolves names
//! itself, by a list of the test's own; only the hostile site, on loopback too, is permitted.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use common_types::media::{Format, MediaOptions, Quality, SubtitleOptions};
use egress_guard::Resolver;
use media_engine::Outlook;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use uuid::Uuid;

use super::*;

const HOSTILE: &str = include_str!("../../tests/data/hostile_media.json");
const SITE: &str = "site.example.com";
const CANARY: &str = "CANARY-9b1c5e";
/// Generous: yt-dlp asks five times for a segment, and the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Deserialize)]
struct Battery {
    targets: HashMap<String, String>,
    pages: HashMap<String, HashMap<String, String>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    page: String,
    target: String,
    /// None where the engine may refuse it by itself, in its own words.
    code: Option<String>,
}

struct World {
    engine: GuardedEngine,
    site: u16,
    silent: Arc<AtomicUsize>,
    work: TempDir,
}

impl World {
    async fn start(battery: &Battery) -> Self {
        let work = tempfile::tempdir().unwrap();
        let canary = work.path().join("canary.ts");
        std::fs::write(&canary, CANARY.repeat(1000)).unwrap();
        let (silent, inside) = silent_listener().await;
        let pages = Arc::new(pages(battery, inside, &canary));
        let site = serve(pages).await;
        let guard = guard(site);
        let engine = engine(&guard, &work).await;
        let limits = Limits {
            job_bytes: 100 * MEBIBYTE,
            job_age: Duration::from_secs(300),
            probe_age: Duration::from_secs(60),
        };
        Self { engine: GuardedEngine::new(engine, guard, limits), site, silent, work }
    }

    fn url(&self, case: &Case) -> String {
        format!("http://{SITE}:{}/{}/{}/", self.site, case.page, case.target)
    }

    async fn download(&self, url: String) -> JobEnd {
        let options = MediaOptions {
            format: Format::Mp4,
            quality: Quality::P360,
            subtitles: Some(SubtitleOptions { languages: vec!["en".to_owned()], embed: true }),
            ..MediaOptions::default()
        };
        let job = JobSpec { id: Uuid::new_v4(), url, options, cookies: None, proxy: None };
        let (state, _) = watch::channel(JobState::default());
        self.engine.download(job, state, CancellationToken::new()).await.unwrap_err()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_leads_yt_dlp_or_ffmpeg_inside() {
    let battery: Battery = serde_json::from_str(HOSTILE).unwrap();
    let world = Arc::new(World::start(&battery).await);
    let mut running = JoinSet::new();
    for case in battery.cases {
        let world = Arc::clone(&world);
        running.spawn(async move {
            let began = Instant::now();
            let end = world.download(world.url(&case)).await;
            (case, end, began.elapsed())
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        let (case, end, took) = ended.unwrap();
        let name = format!("{} at {}", case.page, case.target);
        let JobEnd::Failed(failure) = end else { panic!("{name}: {end:?}") };
        println!("{name}: {} after {took:.1?}: {}", failure.code().slug(), failure.detail);
        let is_as_expected = case.code.is_none_or(|code| code == failure.code().slug());
        let is_final = failure.code() != MediaErrorCode::ForbiddenAddress
            || failure.outlook == Outlook::Permanent;
        if !is_as_expected || !is_final || failure.detail.contains(CANARY) || took > PATIENCE {
            wrong.push(format!("{name}: {failure:?} after {took:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(world.silent.load(Ordering::SeqCst), 0, "somebody went inside");
    world.engine.engine().stop().await;
    assert_eq!(files_with_canary(&world.work.path().join("work")), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_probe_a_list_and_a_picture_are_kept_out_too() {
    let battery: Battery = serde_json::from_str(HOSTILE).unwrap();
    let world = World::start(&battery).await;
    let case = Case { page: "page_redirect".into(), target: "metadata".into(), code: None };
    let url = world.url(&case);
    let engine = &world.engine;
    let forbidden = MediaErrorCode::ForbiddenAddress;
    assert_eq!(engine.info(Target::from(&url)).await.unwrap_err().code(), forbidden);
    let page = engine.playlist(Target::from(&url), 0, 10).await;
    assert_eq!(page.unwrap_err().code(), forbidden);
    let dest = world.work.path().join("picture");
    assert_eq!(engine.thumbnail(&url, &dest, 1000).await.unwrap_err().code(), forbidden);
    let (pages, _received) = mpsc::channel(1);
    let walk = engine.enumerate(Target::from(&url), 1, 10, pages, CancellationToken::new());
    let JobEnd::Failed(failure) = walk.await.unwrap_err() else { panic!("it ends by itself") };
    assert_eq!(failure.code(), forbidden);
    assert_eq!(world.silent.load(Ordering::SeqCst), 0);
    engine.engine().stop().await;
}

#[tokio::test]
async fn without_a_pass_the_engine_reaches_nothing() {
    let battery: Battery = serde_json::from_str(HOSTILE).unwrap();
    let world = World::start(&battery).await;
    let url = format!("http://{SITE}:{}/media/loopback/", world.site);
    assert!(world.engine.engine().info(&url).await.is_err());
    world.engine.engine().stop().await;
}

/// Counts who comes to where nobody must.
async fn silent_listener() -> (Arc<AtomicUsize>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (count, port)
}

/// Every page for every target, by path: `/page/target/file`.
fn pages(battery: &Battery, inside: u16, canary: &Path) -> HashMap<String, String> {
    let mut all = HashMap::new();
    for (target_name, target) in &battery.targets {
        let target = target.replace("{port}", &inside.to_string());
        let target = target.replace("{canary}", &canary.display().to_string());
        for (page_name, files) in &battery.pages {
            for (path, text) in files {
                let path = format!("/{page_name}/{target_name}{path}");
                all.insert(path, text.replace("{target}", &target));
            }
        }
    }
    all
}

async fn serve(pages: Arc<HashMap<String, String>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let pages = Arc::clone(&pages);
            tokio::spawn(async move { answer(stream, &pages).await });
        }
    });
    port
}

async fn answer(mut stream: TcpStream, pages: &HashMap<String, String>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, more, body) = match pages.get(path) {
        None => ("404 Not Found", String::new(), ""),
        Some(page) => match page.strip_prefix("302 ") {
            Some(target) => ("302 Found", format!("Location: {target}\r\n"), ""),
            None => ("200 OK", format!("Content-Type: {}\r\n", media_type(path)), page.as_str()),
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
        _ => "text/html",
    }
}

fn guard(site: u16) -> Guard {
    let changes = AtomicUsize::new(0);
    let resolver = Resolver::new(move |name| {
        let found: &[&str] = match name.as_str() {
            SITE | "inside.example.com" => &["127.0.0.1"],
            "mixed.example.com" => &["93.184.216.34", "127.0.0.1"],
            "changing.example.com" if changes.fetch_add(1, Ordering::SeqCst) == 0 => &["10.0.0.1"],
            "changing.example.com" => &["127.0.0.1"],
            _ => &[],
        };
        let found: Vec<IpAddr> = found.iter().map(|ip| ip.parse().unwrap()).collect();
        async move { Ok(found) }
    });
    let host = url::Host::parse(SITE).unwrap();
    let rules = Rules::new(vec![Permit::Host { host, port: Some(site) }]);
    Guard::start(GuardConfig { rules, resolver, ..GuardConfig::default() }).unwrap()
}

async fn engine(guard: &Guard, work: &TempDir) -> Engine {
    let yt_dlp = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.engine/bin/yt-dlp");
    let mut config = EngineConfig::new(yt_dlp, work.path().join("work"));
    config.proxy = Some(guard.url().clone());
    config.connect_ports = vec![guard.port()];
    config.max_jobs = 6;
    Engine::start(config).await.unwrap()
}

fn files_with_canary(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        } else if path.is_dir() {
            found.extend(files_with_canary(&path));
        } else if std::fs::read(&path).is_ok_and(|bytes| holds_canary(&bytes)) {
            found.push(path);
        }
    }
    found
}

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}
