//! What has come is not asked for again.

use common_types::media::{Format, MediaOptions, Quality, SubtitleOptions};
use media_engine::{Engine, JobEnd};
use standin::scenarios;

use crate::site::{Site, ask, ffprobe, mp4, stream};

#[tokio::test]
async fn a_stopped_job_goes_on_where_it_was() {
    let mut site = Site::start().await;
    let url = scenarios::SLOW.url(300);
    let mut running = site.begin(&url, mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 100_000).await;
    let id = running.id;
    site.engine.stop().await;
    assert_eq!(running.end().await, Err(JobEnd::Interrupted));
    assert!(site.engine.job_dir(id).exists(), "what was fetched stays");

    site.engine = Engine::start(site.config.clone()).await.unwrap();
    site.standin.log().clear();
    let mut running = site.begin_as(id, &url, mp4(Quality::P720));
    let state = running.reach(|state| state.downloaded_bytes > 0).await;
    assert!(state.downloaded_bytes >= 100_000, "{state:?}");
    running.cancel.cancel();
    assert_eq!(running.end().await, Err(JobEnd::Cancelled));
    let asked = site.standin.log().media_requests(&scenarios::SLOW.id(300));
    let first = asked.first().and_then(|request| request.range.clone()).unwrap();
    assert!(!first.starts_with("bytes=0-"), "{first}");
    site.stop().await;
}

#[tokio::test]
async fn what_a_probe_found_is_not_asked_for_again() {
    let site = Site::start().await;
    let url = scenarios::OKAY.url(40);
    site.engine.info(&url).await.unwrap();
    site.standin.log().clear();
    let file = site.fetch(&url, mp4(Quality::P720)).await;
    assert_eq!(file.height, Some(720));
    let pages = site.standin.log().matching(|request| !request.is_media());
    assert!(pages.is_empty(), "{pages:?}");
    site.stop().await;
}

#[tokio::test]
async fn what_a_probe_found_serves_every_option() {
    let site = Site::start().await;
    let url = scenarios::SUBTITLES.url(40);
    site.engine.info(&url).await.unwrap();
    let subtitles = SubtitleOptions { languages: vec!["de".to_owned()], embed: true };
    let options = MediaOptions { subtitles: Some(subtitles), ..mp4(Quality::P360) };
    let file = site.fetch(&url, options).await;
    assert_eq!(stream(&ffprobe(&file.path), "subtitle", "codec_name"), "mov_text");
    site.fetch(&url, ask(Format::Mp3, Quality::Best)).await;
    site.stop().await;
}

#[tokio::test]
async fn stale_findings_only_cost_a_fresh_extraction() {
    let site = Site::start().await;
    let url = scenarios::CDN_403_ONCE.url(2);
    site.engine.info(&url).await.unwrap();
    site.fetch(&url, mp4(Quality::P360)).await;
    site.stop().await;
}
