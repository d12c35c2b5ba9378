//! What has come is not asked for again.

use std::{fs, io::Write, time::Duration};

use common_types::{
    download::Phase,
    media::{Format, MediaOptions, Quality, SubtitleOptions},
};
use media_engine::{Engine, JobEnd, Outlook};
use standin::scenarios;
use uuid::Uuid;

use crate::site::{Site, ask, ffprobe, mp4, seconds, stream, wait_until};

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
async fn a_failure_that_may_pass_leaves_a_start_for_the_next_attempt() {
    let mut site = Site::with(|config| config.stall_timeout = Duration::from_secs(3)).await;
    let url = scenarios::STALL.url(30);
    let running = site.begin(&url, mp4(Quality::P720));
    let id = running.id;
    let Err(JobEnd::Failed(failure)) = running.end().await else { panic!("it did not fail") };
    assert_eq!(failure.outlook, Outlook::Transient, "{failure:?}");
    assert_eq!(site.engine.job_dirs().await.unwrap(), [id]);

    site.engine.stop().await;
    site.engine = Engine::start(site.config.clone()).await.unwrap();
    site.standin.log().clear();
    let running = site.begin_as(id, &url, mp4(Quality::P720));
    let media = || site.standin.log().media_requests(&scenarios::STALL.id(30));
    // It is written down once its answer has begun.
    wait_until("it asks for the rest", || !media().is_empty()).await;
    let first = media().first().and_then(|request| request.range.clone()).unwrap();
    assert!(!first.starts_with("bytes=0-"), "{first}");
    running.cancel.cancel();
    assert_eq!(running.end().await, Err(JobEnd::Cancelled));
    assert!(!site.engine.job_dir(id).exists());
    site.stop().await;
}

#[tokio::test]
async fn a_start_outlasts_what_passes_and_nothing_else() {
    let mut cookies = tempfile::NamedTempFile::new().unwrap();
    writeln!(cookies, "# Netscape HTTP Cookie File").unwrap();
    let site = Site::with(|config| config.cookies_file = Some(cookies.path().to_owned())).await;
    let id = Uuid::new_v4();
    let place = site.engine.job_dir(id);
    let start = place.join("tmp/started.mp4.part");
    for scenario in [
        scenarios::SITE_503,
        scenarios::SITE_BREAKS_OFF,
        scenarios::TOO_MANY_REQUESTS,
        scenarios::BOT_CHECK,
    ] {
        fs::create_dir_all(place.join("tmp")).unwrap();
        fs::write(&start, "some bytes").unwrap();
        let end = site.begin_as(id, &scenario.url(1), mp4(Quality::P720)).end().await;
        assert!(matches!(end, Err(JobEnd::Failed(_))), "{end:?}");
        assert!(start.exists(), "{}", scenario.prefix);
        assert!(!place.join("cookies.txt").exists(), "cookies are lent for one attempt");
    }
    for scenario in [scenarios::PRIVATE, scenarios::PREMIERE, scenarios::LIVE] {
        fs::create_dir_all(place.join("tmp")).unwrap();
        fs::write(&start, "some bytes").unwrap();
        let end = site.begin_as(id, &scenario.url(1), mp4(Quality::P720)).end().await;
        assert!(matches!(end, Err(JobEnd::Failed(_))), "{end:?}");
        assert!(!place.exists(), "{}", scenario.prefix);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_merge_that_was_interrupted_fetches_nothing_again() {
    let mut site = Site::start().await;
    let url = scenarios::SLOW_MERGE.url(30);
    let mut running = site.begin(&url, mp4(Quality::P720));
    running.reach(|state| state.phase == Phase::Processing).await;
    let id = running.id;
    site.engine.stop().await;
    assert_eq!(running.end().await, Err(JobEnd::Interrupted));

    site.engine = Engine::start(site.config.clone()).await.unwrap();
    site.standin.log().clear();
    let file = site.begin_as(id, &url, mp4(Quality::P720)).end().await.unwrap();
    let told = scenarios::SLOW_MERGE.video(30).duration_seconds();
    assert!((seconds(&ffprobe(&file.path)) - f64::from(told)).abs() < 2.0);
    let again = site.standin.log().media_requests(&scenarios::SLOW_MERGE.id(30));
    assert!(again.is_empty(), "{again:?}");
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
