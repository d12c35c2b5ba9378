//! What stays in the work directory, and what a start makes of it.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use common_types::media::Quality;
use media_engine::{Engine, JobEnd};
use standin::scenarios;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::site::{Process, Site, descendants, inside_of_each, is_alive, mp4, wait_until};

/// Where the victim works: a directory that outlives it.
const VICTIMS_WORK: &str = "ENGINE_TEST_WORK_DIR";

const PATIENCE: Duration = Duration::from_secs(60);
const NONE: [Uuid; 0] = [];

fn names(directory: &Path) -> BTreeSet<OsString> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

/// All files below a directory, but for those of jobs, of the code and of the cache.
fn strays(work: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![work.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let is_kept = ["jobs", "cache", "engine/tools", "engine/trusted.pem"]
                .iter()
                .any(|kept| path == work.join(kept));
            let is_code = path.file_name().unwrap().to_string_lossy().starts_with("code-");
            if is_kept || is_code {
                continue;
            }
            if path.is_dir() && !path.is_symlink() { waiting.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test]
async fn only_jobs_that_do_not_run_are_left_behind() {
    let site = Site::with(|config| config.max_jobs = 1).await;
    assert_eq!(site.engine.job_dirs().await.unwrap(), NONE);
    let mut running = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 0).await;
    let (left, waiting) = (Uuid::new_v4(), Uuid::new_v4());
    for id in [left, waiting] {
        fs::create_dir_all(site.engine.job_dir(id).join("tmp")).unwrap();
    }
    let queued = site.begin_as(waiting, &scenarios::OKAY.url(1), mp4(Quality::P360));
    // What is no job's is nobody's to tell of.
    fs::create_dir(site.config.work_dir.join("jobs/stranger")).unwrap();
    fs::write(site.config.work_dir.join("jobs").join(Uuid::new_v4().to_string()), "").unwrap();
    tokio::time::timeout(PATIENCE, async {
        while site.engine.job_dirs().await.unwrap().contains(&waiting) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it never queued up");
    assert_eq!(site.engine.job_dirs().await.unwrap(), [left]);

    site.engine.discard(running.id).await;
    assert!(site.place_of(running.id).is_some(), "it runs");
    site.engine.discard(left).await;
    assert!(!site.engine.job_dir(left).exists());
    assert_eq!(site.engine.job_dirs().await.unwrap(), NONE);
    assert!(names(&site.config.work_dir.join("gone")).is_empty());
    queued.cancel.cancel();
    running.cancel.cancel();
    assert_eq!(running.end().await, Err(JobEnd::Cancelled));
    assert_eq!(queued.end().await, Err(JobEnd::Cancelled));
    site.stop().await;
}

#[tokio::test]
async fn a_finished_file_is_left_until_it_is_discarded() {
    let site = Site::start().await;
    let running = site.begin(&scenarios::OKAY.url(1), mp4(Quality::P360));
    let id = running.id;
    running.end().await.unwrap();
    assert_eq!(site.engine.job_dirs().await.unwrap(), [id]);
    site.engine.discard(id).await;
    assert_eq!(site.engine.job_dirs().await.unwrap(), NONE);
    site.stop().await;
}

/// Not a test: what the next one kills.
#[tokio::test]
#[ignore = "the victim of the next test, which starts it as a process of its own"]
async fn victim() {
    let Some(work) = std::env::var_os(VICTIMS_WORK).map(PathBuf::from) else { return };
    let cookies = work.join("lent");
    fs::write(&cookies, "# Netscape HTTP Cookie File\n").unwrap();
    let site = Site::with(|config| {
        config.work_dir = work.join("work");
        config.cookies_file = Some(cookies);
    })
    .await;
    let mut running = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 0).await;
    let engine = site.engine.clone();
    tokio::spawn(async move { engine.info(&scenarios::SLOW_PAGE.url(60)).await });
    let (pages, mut taken) = mpsc::channel(1);
    let engine = site.engine.clone();
    tokio::spawn(async move {
        let url = scenarios::playlist_url(&scenarios::playlist_of(9000));
        engine.enumerate(&url, 1, 9000, pages, CancellationToken::new()).await
    });
    taken.recv().await.unwrap();
    let workers = site.config.work_dir.join("workers");
    let with_cookies = || {
        let requests = inside_of_each(&workers).into_iter();
        requests.filter(|request| request.join("cookies.txt").exists()).count()
    };
    wait_until("all three are under way", || with_cookies() == 3).await;
    println!("ready to be killed: {}", running.id);
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn after_a_hard_kill_nothing_but_directories_of_jobs_is_left() {
    let work = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "left_behind::victim", "--ignored", "--nocapture"])
        .env(VICTIMS_WORK, work.path())
        // It cannot clear up after itself.
        .env("TMPDIR", work.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(victim.stdout.take().unwrap()).lines();
    let id = loop {
        let line = said.next_line().await.unwrap().expect("it ended");
        if let Some((_, id)) = line.split_once("ready to be killed: ") {
            break Uuid::try_parse(id).unwrap();
        }
    };
    let doomed = descendants();
    // The victim, its zygote, and a worker each for the download, the probe and the walk.
    assert!(doomed.len() >= 5, "{doomed:?}");
    victim.kill().await.unwrap();
    let place = work.path().join("work");
    assert!(!strays(&place).is_empty(), "there is something to clear away");
    let with_worker = |path: &PathBuf| path.ends_with(id.to_string());
    let left = inside_of_each(&place.join("workers")).into_iter().find(with_worker).unwrap();
    assert!(left.join("cookies.txt").exists());

    // At once, as a supervisor would: the orphans may still be dying.
    let mut site = Site::start().await;
    site.engine.stop().await;
    site.config.work_dir.clone_from(&place);
    site.engine = Engine::start(site.config.clone()).await.unwrap();
    assert_eq!(strays(&place), Vec::<PathBuf>::new());
    assert_eq!(site.engine.job_dirs().await.unwrap(), [id]);
    assert!(!site.engine.job_dir(id).join("cookies.txt").exists());
    let lives = |process: &Process| is_alive(process.pid, &process.name);
    wait_until("all of its processes are gone", || !doomed.iter().any(lives)).await;
    site.engine.discard(id).await;
    assert!(names(&place.join("jobs")).is_empty());
    site.stop().await;
}
