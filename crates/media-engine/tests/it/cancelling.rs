//! Cancelling, in every phase: at once, and nothing stays behind.

use std::time::{Duration, Instant};

use common_types::{
    download::Phase,
    media::{Format, Quality},
};
use media_engine::JobEnd;
use standin::scenarios;

use crate::site::{Running, Site, ask, descendants, is_running, mp4, wait_until, zygote};

const AT_ONCE: Duration = Duration::from_secs(1);

async fn cancel(site: &Site, running: Running) {
    let id = running.id;
    assert!(site.place_of(id).is_some());
    let begun = Instant::now();
    running.cancel.cancel();
    assert_eq!(running.end().await, Err(JobEnd::Cancelled));
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(site.place_of(id), None);
    wait_until("only the zygote is left", || descendants() == [zygote()]).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(site.engine.busy(), 0);
}

#[tokio::test]
async fn extraction_is_cancelled_at_once() {
    let site = Site::start().await;
    let running = site.begin(&scenarios::SLOW_PAGE.url(30), mp4(Quality::P720));
    wait_until("the page is asked for", || descendants().len() == 2).await;
    cancel(&site, running).await;
    site.stop().await;
}

#[tokio::test]
async fn a_download_is_cancelled_at_once() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 0).await;
    cancel(&site, running).await;
    site.stop().await;
}

#[tokio::test]
async fn a_merge_is_cancelled_at_once() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::LONG.url(1), mp4(Quality::P720));
    running.reach(|state| state.phase == Phase::Processing).await;
    cancel(&site, running).await;
    site.stop().await;
}

#[tokio::test]
async fn a_transcode_is_cancelled_at_once() {
    let site = Site::start().await;
    let running = site.begin(&scenarios::LONG.url(2), ask(Format::Mp3, Quality::K320));
    wait_until("ffmpeg runs", || is_running("ffmpeg")).await;
    cancel(&site, running).await;
    site.stop().await;
}

#[tokio::test]
async fn a_job_that_nobody_waits_for_is_cancelled() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 0).await;
    let id = running.id;
    running.abandon();
    wait_until("it is gone", || site.place_of(id).is_none() && descendants().len() == 1).await;
    site.stop().await;
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_before_its_turn() {
    let site = Site::with(|config| config.max_jobs = 1).await;
    let mut first = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    first.reach(|state| state.downloaded_bytes > 0).await;
    let second = site.begin(&scenarios::OKAY.url(1), mp4(Quality::P720));
    second.cancel.cancel();
    assert_eq!(second.end().await, Err(JobEnd::Cancelled));
    assert_eq!(site.engine.busy(), 1);
    cancel(&site, first).await;
    site.stop().await;
}
