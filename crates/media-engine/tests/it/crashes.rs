//! What happens when a process is killed from outside.

use common_types::{
    download::Phase,
    media::{Format, Quality},
};
use standin::scenarios;
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::site::{
    Process, Site, ask, descendants, is_alive, is_running, kill_hard, mp4, private_kb, wait_until,
    zygote,
};

#[tokio::test]
async fn a_job_survives_the_zygote() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::SLOW.url(400), mp4(Quality::P360));
    let before = running.reach(|state| state.downloaded_bytes > 0).await;
    let first = zygote();
    kill_hard(first.pid);
    running.reach(|state| state.downloaded_bytes > before.downloaded_bytes).await;
    assert_ne!(zygote().pid, first.pid);
    assert!(running.end().await.unwrap().size_bytes > 0);
    site.stop().await;
}

#[tokio::test]
async fn a_job_survives_its_worker() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::SLOW.url(400), mp4(Quality::P360));
    running.reach(|state| state.downloaded_bytes > 0).await;
    let first = zygote();
    let worker = descendants().into_iter().find(|process| process.parent == first.pid).unwrap();
    kill_hard(worker.pid);
    assert!(running.end().await.unwrap().size_bytes > 0);
    assert_eq!(zygote().pid, first.pid, "the zygote has nothing to do with it");
    site.stop().await;
}

#[tokio::test]
async fn ffmpeg_does_not_outlive_its_worker() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::LONG.url(3), ask(Format::Mp3, Quality::K320));
    running.reach(|state| state.phase == Phase::Processing).await;
    wait_until("ffmpeg runs", || is_running("ffmpeg")).await;
    let ffmpeg = descendants().into_iter().find(|process| process.name == "ffmpeg").unwrap();
    kill_hard(ffmpeg.parent);
    wait_until("that ffmpeg is gone", || !descendants().contains(&ffmpeg)).await;
    running.cancel.cancel();
    drop(running.end().await);
    site.stop().await;
}

#[tokio::test]
async fn idle_workers_that_were_killed_are_not_missed() {
    let site = Site::start().await;
    site.fetch(&scenarios::OKAY.url(1), mp4(Quality::P360)).await;
    let first = zygote();
    for process in descendants().into_iter().filter(|process| process.parent == first.pid) {
        kill_hard(process.pid);
    }
    site.fetch(&scenarios::OKAY.url(2), mp4(Quality::P360)).await;
    kill_hard(first.pid);
    site.engine.info(&scenarios::OKAY.url(3)).await.unwrap();
    site.stop().await;
}

#[tokio::test]
async fn thirty_jobs_in_a_row_leave_no_trace() {
    let site = Site::start().await;
    let mut memory = Vec::new();
    for number in 1..=30 {
        let running = site.begin(&scenarios::OKAY.url(number), mp4(Quality::P360));
        let id = running.id;
        running.end().await.unwrap();
        site.engine.discard(id).await;
        assert!(!site.engine.job_dir(id).exists());
        let worker = descendants().into_iter().find(|process| process.parent == zygote().pid);
        memory.push(private_kb(worker.unwrap().pid));
    }
    assert_eq!(descendants().len(), 2, "one worker has done all of it");
    let (early, late) = (memory[4], memory[29]);
    assert!(late < early + 12 * 1024, "memory grows: {memory:?}");
    site.stop().await;
}

/// Not a test: what the next one kills.
#[tokio::test]
#[ignore = "the victim of the next test, which starts it as a process of its own"]
async fn victim() {
    let site = Site::start().await;
    let _running = site.begin(&scenarios::LONG.url(4), ask(Format::Mp3, Quality::K320));
    wait_until("ffmpeg runs", || is_running("ffmpeg")).await;
    println!("ready to be killed");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nothing_outlives_a_process_that_was_killed_hard() {
    let work = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::victim", "--ignored", "--nocapture"])
        // It cannot clear up after itself.
        .env("TMPDIR", work.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(victim.stdout.take().unwrap()).lines();
    while !said.next_line().await.unwrap().expect("it ended").contains("ready to be killed") {}
    let doomed = descendants();
    assert!(doomed.iter().any(|process| process.name == "ffmpeg"), "{doomed:?}");
    victim.kill().await.unwrap();
    // Orphans have other parents; it is the ids that count.
    let lives = |process: &Process| is_alive(process.pid, &process.name);
    wait_until("all of them are gone", || !doomed.iter().any(lives)).await;
}
