//! How many downloads run at a time, changed while they run.

use common_types::media::Quality;
use media_engine::JobEnd;
use standin::{RecordedRequest, scenarios};

use crate::site::{Running, Site, mp4};

fn slow(site: &Site, number: u32) -> Running {
    site.begin(&scenarios::SLOW.url(number), mp4(Quality::P720))
}

async fn end(running: Running) {
    running.cancel.cancel();
    assert_eq!(running.end().await, Err(JobEnd::Cancelled));
}

#[tokio::test]
async fn a_waiting_job_starts_as_soon_as_more_are_allowed() {
    let site = Site::with(|config| config.max_jobs = 1).await;
    let mut first = slow(&site, 101);
    first.reach(|state| state.downloaded_bytes > 0).await;
    let mut second = slow(&site, 102);
    assert_eq!((site.engine.busy(), site.engine.max_jobs()), (1, 1));
    site.engine.set_max_jobs(2);
    second.reach(|state| state.downloaded_bytes > 0).await;
    assert_eq!((site.engine.busy(), site.engine.max_jobs()), (2, 2));
    end(first).await;
    end(second).await;
    assert_eq!(site.engine.busy(), 0);
    site.stop().await;
}

#[tokio::test]
async fn fewer_downloads_let_those_that_run_go_on() {
    let site = Site::with(|config| config.max_jobs = 2).await;
    let (mut first, mut second) = (slow(&site, 103), slow(&site, 104));
    first.reach(|state| state.downloaded_bytes > 0).await;
    let before = second.reach(|state| state.downloaded_bytes > 0).await.downloaded_bytes;
    site.engine.set_max_jobs(1);
    second.reach(|state| state.downloaded_bytes > before).await;
    assert_eq!((site.engine.busy(), site.engine.max_jobs()), (2, 1));

    let mut third = slow(&site, 105);
    end(first).await;
    let third_id = scenarios::SLOW.id(105);
    second.reach(|state| state.downloaded_bytes > before + 100_000).await;
    let asked = site.standin.log().matching(|r| r.video_id.as_deref() == Some(third_id.as_str()));
    assert!(asked.is_empty(), "it began before its turn: {asked:?}");
    end(second).await;
    third.reach(|state| state.downloaded_bytes > 0).await;
    end(third).await;
    site.stop().await;
}

#[tokio::test]
async fn attempts_of_one_job_follow_each_other() {
    let site = Site::start().await;
    let url = scenarios::SLOW.url(107);
    let mut first = site.begin(&url, mp4(Quality::P720));
    let id = first.id;
    first.reach(|state| state.downloaded_bytes > 0).await;
    let given_up = site.begin_as(id, &url, mp4(Quality::P720));
    end(given_up).await;
    assert!(site.place_of(id).is_some(), "it is the first one's");
    let mut second = site.begin_as(id, &url, mp4(Quality::P720));
    let reached = first.state.borrow().downloaded_bytes;
    first.reach(|state| state.downloaded_bytes > reached + 50_000).await;
    assert_eq!((site.engine.busy(), second.state.borrow().title.as_deref()), (1, None));
    end(first).await;
    second.reach(|state| state.downloaded_bytes > 0).await;
    assert!(site.place_of(id).is_some());
    end(second).await;
    site.stop().await;
}

#[tokio::test]
async fn with_none_allowed_none_starts() {
    let site = Site::start().await;
    site.engine.set_max_jobs(0);
    let mut waiting = slow(&site, 106);
    site.engine.info(&scenarios::OKAY.url(1)).await.unwrap();
    assert_eq!(site.engine.busy(), 0);
    assert!(site.standin.log().matching(RecordedRequest::is_media).is_empty());
    site.engine.set_max_jobs(1);
    waiting.reach(|state| state.downloaded_bytes > 0).await;
    end(waiting).await;
    site.stop().await;
}
