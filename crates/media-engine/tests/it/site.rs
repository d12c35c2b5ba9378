//! A stand-in, an engine that uses it, and eyes for what they leave behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use common_types::{
    MediaErrorCode,
    media::{Format, MediaOptions, Quality},
};
use media_engine::{Engine, EngineConfig, FetchedFile, JobEnd, JobSpec, JobState, Outlook};
use standin::{Standin, StandinConfig};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

/// Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that one test needs, and its own.
pub(crate) struct Site {
    pub(crate) standin: Standin,
    pub(crate) engine: Engine,
    pub(crate) config: EngineConfig,
    _work: TempDir,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration that is changed by `adjust`.
    pub(crate) async fn with(adjust: impl FnOnce(&mut EngineConfig)) -> Self {
        // Generated media are shared: making them takes longer than most tests.
        let media = Path::new(env!("CARGO_TARGET_TMPDIR")).join("standin");
        let standin = Standin::start(StandinConfig::in_dir(media)).await.unwrap();
        let work = tempfile::tempdir().unwrap();
        let mut config = EngineConfig::new(yt_dlp(), work.path().join("work"));
        config.proxy = Some(standin.proxy_url());
        config.ca_file = Some(standin.ca_file());
        config.allowed_extractors = vec!["youtube.*".to_owned()];
        adjust(&mut config);
        config.connect_ports = config.proxy.iter().filter_map(Url::port).collect();
        let engine = Engine::start(config.clone()).await.unwrap();
        // It runs programs while it warms up, which tests would take for a job's.
        engine.warmed_up().await;
        Self { standin, engine, config, _work: work }
    }

    /// Starts a download and hands out what is needed to watch and end it.
    pub(crate) fn begin(&self, url: &str, options: MediaOptions) -> Running {
        self.begin_as(Uuid::new_v4(), url, options)
    }

    pub(crate) fn begin_as(&self, id: Uuid, url: &str, options: MediaOptions) -> Running {
        let (sender, state) = watch::channel(JobState::default());
        let cancel = CancellationToken::new();
        let engine = self.engine.clone();
        let job = JobSpec { id, url: url.to_owned(), options, cookies: None, proxy: None };
        let token = cancel.clone();
        let outcome = tokio::spawn(async move { engine.download(job, sender, token).await });
        Running { id, state, cancel, outcome }
    }

    pub(crate) async fn fetch(&self, url: &str, options: MediaOptions) -> FetchedFile {
        self.begin(url, options).end().await.unwrap()
    }

    pub(crate) async fn fail(&self, url: &str, options: MediaOptions) -> MediaErrorCode {
        let running = self.begin(url, options);
        let directory = self.engine.job_dir(running.id);
        match running.end().await {
            Err(JobEnd::Failed(failure)) => {
                let may_pass = failure.outlook != Outlook::Permanent;
                assert!(may_pass || !directory.exists(), "{} is left", directory.display());
                failure.code()
            }
            other => panic!("{url}: {other:?}"),
        }
    }

    /// The job's directory, wherever it is: at rest or with a worker.
    pub(crate) fn place_of(&self, id: Uuid) -> Option<PathBuf> {
        let resting = self.engine.job_dir(id);
        let named_so = |path: &PathBuf| path.file_name().unwrap() == id.to_string().as_str();
        let with_worker = || self.in_workers().into_iter().find(named_so);
        resting.exists().then_some(resting).or_else(with_worker)
    }

    /// How many short requests have a directory.
    pub(crate) fn probes_left(&self) -> usize {
        let is_probe = |path: &&PathBuf| path.to_string_lossy().contains("/probe-");
        self.in_workers().iter().filter(is_probe).count()
    }

    fn in_workers(&self) -> Vec<PathBuf> {
        inside_of_each(&self.config.work_dir.join("workers"))
    }

    pub(crate) async fn stop(self) {
        self.engine.stop().await;
        assert_eq!(descendants(), Vec::new(), "processes survived the engine");
        self.standin.stop().await;
    }
}

/// All that is in the directories in `place`; they come and go.
pub(crate) fn inside_of_each(place: &Path) -> Vec<PathBuf> {
    let entries = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten();
    entries(place.to_owned()).flat_map(|each| entries(each.path())).map(|e| e.path()).collect()
}

/// A download under way.
pub(crate) struct Running {
    pub(crate) id: Uuid,
    pub(crate) state: watch::Receiver<JobState>,
    pub(crate) cancel: CancellationToken,
    outcome: tokio::task::JoinHandle<Result<FetchedFile, JobEnd>>,
}

impl Running {
    pub(crate) async fn end(self) -> Result<FetchedFile, JobEnd> {
        tokio::time::timeout(PATIENCE, self.outcome).await.expect("it never ended").unwrap()
    }

    /// As if whoever waits for it had gone away.
    pub(crate) fn abandon(self) {
        self.outcome.abort();
    }

    pub(crate) async fn reach(&mut self, what: impl FnMut(&JobState) -> bool) -> JobState {
        let reached = tokio::time::timeout(PATIENCE, self.state.wait_for(what)).await;
        reached.expect("it never got there").unwrap().clone()
    }
}

pub(crate) fn yt_dlp() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.engine/bin/yt-dlp");
    assert!(path.is_file(), "{} is missing: run scripts/setup-engine", path.display());
    path
}

pub(crate) fn ask(format: Format, quality: Quality) -> MediaOptions {
    MediaOptions { format, quality, ..MediaOptions::default() }
}

pub(crate) fn mp4(quality: Quality) -> MediaOptions {
    ask(Format::Mp4, quality)
}

/// Tries until it holds.
pub(crate) async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: never");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A living process below this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: String,
}

/// All living processes below this one: every orphan of the engine's is adopted within it.
pub(crate) fn descendants() -> Vec<Process> {
    let all: Vec<Process> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| read_process(&entry.path().join("stat")))
        .collect();
    let mut ours = vec![std::process::id()];
    let mut found = Vec::new();
    while let Some(parent) = ours.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            ours.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

/// `pid (name) state parent …`; the name may hold anything, brackets too.
fn read_process(stat: &Path) -> Option<Process> {
    let stat = fs::read_to_string(stat).ok()?;
    let (before, after) = stat.rsplit_once(')')?;
    let (pid, name) = before.split_once('(')?;
    let mut fields = after.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let process = Process { pid: pid.trim().parse().ok()?, parent, name: name.to_owned() };
    (state != "Z").then_some(process)
}

/// The zygote is the engine's only direct child.
pub(crate) fn zygote() -> Process {
    let below = descendants();
    below.into_iter().find(|process| process.parent == std::process::id()).expect("no zygote")
}

pub(crate) fn is_running(name: &str) -> bool {
    descendants().iter().any(|process| process.name == name)
}

/// Whether this very process still runs, whoever its parent is by now.
pub(crate) fn is_alive(pid: u32, name: &str) -> bool {
    let process = read_process(&Path::new("/proc").join(pid.to_string()).join("stat"));
    process.is_some_and(|process| process.name == name)
}

pub(crate) fn kill_hard(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// What a process shares with no other.
pub(crate) fn private_kb(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let lines = rollup.lines().filter(|line| line.starts_with("Private_"));
    lines.map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()).sum()
}

/// What ffprobe, not our own reader, says of a file: codec names, height, duration.
pub(crate) fn ffprobe(path: &Path) -> serde_json::Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_format", "-show_streams", "-of", "json"])
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The value of `key` in the first stream of this kind.
pub(crate) fn stream(probed: &serde_json::Value, kind: &str, key: &str) -> serde_json::Value {
    let streams = probed.get("streams").and_then(|streams| streams.as_array()).unwrap();
    let found = streams.iter().find(|s| s.get("codec_type").unwrap() == kind);
    found.and_then(|stream| stream.get(key)).cloned().unwrap_or_default()
}

/// How long the file plays.
pub(crate) fn seconds(probed: &serde_json::Value) -> f64 {
    probed.pointer("/format/duration").and_then(|value| value.as_str()).unwrap().parse().unwrap()
}
