//! A job that was taken over tries to get out, to take all there is, and to stay.
//!
//! What runs in place of ffmpeg is a program of ours, within the real sandbox of a real worker.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use common_types::media::Quality;
use media_engine::{JobEnd, Sandbox};
use serde::Deserialize;
use standin::scenarios;
use tempfile::TempDir;

use crate::site::{Site, descendants, inside_of_each, mp4, wait_until, yt_dlp, zygote};

const CASES: &str = include_str!("misbehaving.json");
const MEMORY_BYTES: u64 = 512 << 20;
const FILE_BYTES: u64 = 8 << 20;

#[derive(Deserialize)]
struct Case {
    name: String,
    run: String,
    code: String,
    /// One of these is told.
    detail: Vec<String>,
    #[serde(default)]
    sandbox: String,
}

/// A program in place of ffmpeg, a file that is nobody's business, and a port that is not the proxy's.
struct Trap {
    directory: TempDir,
    stranger: TcpListener,
}

impl Trap {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("canary"), "sings").unwrap();
        let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
        stranger.set_nonblocking(true).unwrap();
        let trap = Self { directory, stranger };
        fs::write(trap.program(), "").unwrap();
        fs::set_permissions(trap.program(), fs::Permissions::from_mode(0o755)).unwrap();
        trap
    }

    fn program(&self) -> PathBuf {
        self.directory.path().join("ffmpeg")
    }

    /// Written into the same file, since that is what workers may run. What yt-dlp asks of ffmpeg
    /// before there is a job is answered by a real one.
    fn set(&self, work: &Path, attempt: &str) {
        let python = yt_dlp().canonicalize().unwrap().with_file_name("python");
        let (outside, jobs) = (self.directory.path(), work.join("jobs"));
        let code = inside_of_each(work)
            .into_iter()
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("code-"));
        let script = format!(
            "#!{python} -I\n\
             import os, signal, socket, subprocess, sys, time\n\
             if '-i' not in sys.argv: os.execv('/usr/bin/ffmpeg', sys.argv)\n\
             def say(what):\n    sys.stderr.write(f'{{what}}\\n')\n    os._exit(1)\n\
             outside, jobs, code = {outside:?}, {jobs:?}, {code:?}\n\
             engine, stranger = {engine}, {stranger}\n\
             os.chdir(os.path.dirname(os.environ['TMPDIR']))\n\
             {attempt}\n",
            python = python.display(),
            code = code.unwrap_or_default(),
            engine = std::process::id(),
            stranger = self.stranger.local_addr().unwrap().port(),
        );
        fs::write(self.program(), script).unwrap();
    }

    fn assert_untouched(&self, name: &str) {
        let mut names: Vec<_> = fs::read_dir(self.directory.path()).unwrap().flatten().collect();
        names.sort_by_key(fs::DirEntry::file_name);
        assert_eq!(names.len(), 2, "{name}: {names:?}");
        let canary = fs::read_to_string(self.directory.path().join("canary")).unwrap();
        assert_eq!(canary, "sings", "{name}");
        assert!(self.stranger.accept().is_err(), "{name}: it got through");
    }
}

/// Runs all cases for this kind of sandbox, one after the other, in one engine.
async fn run_cases(sandbox: Sandbox, kind: &str) {
    let trap = Trap::new();
    trap.set(Path::new("/nonexistent"), "say('too early')");
    let site = Site::with(|config| {
        config.ffmpeg = trap.program();
        config.sandbox = sandbox;
        config.max_job_memory_bytes = MEMORY_BYTES;
        config.max_file_bytes = FILE_BYTES;
        config.stall_timeout = Duration::from_secs(4);
    })
    .await;
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    let cases: Vec<_> = cases.into_iter().filter(|case| case.sandbox == kind).collect();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        trap.set(&site.config.work_dir, &case.run);
        wrong.extend(run_case(&site, case, u32::try_from(number).unwrap()).await);
        trap.assert_untouched(&case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    site.stop().await;
}

/// What is wrong with how it ended, if anything.
async fn run_case(site: &Site, case: &Case, number: u32) -> Option<String> {
    let name = &case.name;
    let running = site.begin(&scenarios::OKAY.url(100 + number), mp4(Quality::P480));
    let id = running.id;
    let end = running.end().await;
    wait_until(&format!("{name}: nothing is left"), || descendants() == [zygote()]).await;
    site.engine.discard(id).await;
    assert_eq!(site.place_of(id), None, "{name}");
    // No merge, so nothing that misbehaves: the node goes on.
    site.fetch(&scenarios::OKAY.url(200 + number), mp4(Quality::P360)).await;
    let Err(JobEnd::Failed(failure)) = end else { return Some(format!("{name}: {end:?}")) };
    // Its worker is at rest; the next case is to find nobody but the zygote.
    let is_right = failure.code().slug() == case.code
        && case.detail.iter().any(|detail| failure.detail.contains(detail));
    (!is_right).then(|| format!("{name}: {} {:?}", failure.code().slug(), failure.detail))
}

#[tokio::test]
async fn a_job_that_was_taken_over_is_contained_and_ended() {
    run_cases(Sandbox::Required, "").await;
}

#[tokio::test]
async fn without_a_sandbox_too_nothing_outlives_its_job() {
    run_cases(Sandbox::Off, "off").await;
}
