//! What an engine is told at its start.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use url::Url;

/// Several times what honest jobs take: a worker, a JavaScript runtime at its limit, a merge.
const MAX_JOB_MEMORY_BYTES: u64 = 2 << 30;
/// An honest job has at most four.
const MAX_JOB_PROCESSES: usize = 64;

/// How far workers are kept from everything that is not theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// As far as this system can; what it cannot is told once, loudly.
    #[default]
    BestEffort,
    /// All of it, or the engine does not start.
    Required,
    /// Not at all; also told.
    Off,
}

/// Where the engine finds its tools, where it may write, and how much it may take.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// `bin/yt-dlp` of an environment made by `scripts/setup-engine`; its `python` lies beside it.
    pub yt_dlp: PathBuf,
    /// A bare name is looked for beside yt-dlp, then in the usual system directories.
    pub ffmpeg: PathBuf,
    pub ffprobe: PathBuf,
    /// Belongs to the engine alone: its code, and the directories of jobs and workers.
    pub work_dir: PathBuf,
    /// Downloads at a time.
    pub max_jobs: usize,
    /// Probes (`info`, pages of playlists, thumbnails) at a time, beside the downloads.
    pub max_probes: usize,
    /// Playlists that are enumerated at a time, beside downloads and probes.
    pub max_walks: usize,
    /// The HTTP proxy that every byte takes.
    pub proxy: Option<Url>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Netscape cookies; every use is of a copy.
    pub cookies_file: Option<PathBuf>,
    /// The longest that a download may take, from its first request to its checked file.
    pub job_timeout: Duration,
    /// The longest that a probe may take, and the site for each page of an enumeration.
    pub probe_timeout: Duration,
    /// How long a download may show no sign of life.
    pub stall_timeout: Duration,
    pub max_file_bytes: u64,
    /// What must stay free on the work directory's file system beside all that the running downloads
    /// will write; a download that would take of it does not begin.
    pub min_free_bytes: u64,
    /// Regular expressions over yt-dlp's extractor names, such as `youtube.*`.
    pub allowed_extractors: Vec<String>,
    /// Arguments of yt-dlp's extractors, such as `youtube: {skip: [translated_subs]}`.
    pub extractor_args: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub sandbox: Sandbox,
    /// The only TCP ports that workers may connect to: the proxy's. None where they connect to sites
    /// themselves.
    pub connect_ports: Vec<u16>,
    /// What one job may take of memory, with all that it starts.
    pub max_job_memory_bytes: u64,
    /// How many processes one job may be.
    pub max_job_processes: usize,
    /// A recorded extraction that the zygote plays through at its start, so that the first real one
    /// is as quick as the hundredth: JSON, `{"url", "exchanges": [{"match", "type", "body"}]}`.
    pub warm_up: Option<String>,
}

impl EngineConfig {
    /// The contract's defaults around the two paths that have none.
    pub fn new(yt_dlp: PathBuf, work_dir: PathBuf) -> Self {
        Self {
            yt_dlp,
            ffmpeg: PathBuf::from("ffmpeg"),
            ffprobe: PathBuf::from("ffprobe"),
            work_dir,
            max_jobs: 3,
            max_probes: 2,
            max_walks: 2,
            proxy: None,
            ca_file: None,
            cookies_file: None,
            job_timeout: Duration::from_secs(300),
            probe_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(60),
            max_file_bytes: 500 * 1024 * 1024,
            min_free_bytes: 64 * 1024 * 1024,
            allowed_extractors: vec!["default".to_owned()],
            extractor_args: BTreeMap::new(),
            sandbox: Sandbox::default(),
            connect_ports: Vec::new(),
            max_job_memory_bytes: MAX_JOB_MEMORY_BYTES,
            max_job_processes: MAX_JOB_PROCESSES,
            warm_up: None,
        }
    }
}
