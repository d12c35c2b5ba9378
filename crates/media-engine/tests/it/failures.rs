//! Each way in which a video cannot be had ends with its code.

use std::time::Duration;

use common_types::{
    MediaErrorCode,
    media::{Format, Quality},
};
use media_engine::{JobEnd, Outlook};
use standin::{
    RecordedRequest,
    scenarios::{self, Outcome, Scenario},
};

use crate::site::{Site, ask, mp4};

const HURRIED: Duration = Duration::from_secs(4);

fn code_of(scenario: &Scenario) -> Option<MediaErrorCode> {
    match scenario.outcome {
        Outcome::Downloads => None,
        Outcome::InfoFails(failure) | Outcome::DownloadFails(failure) => {
            Some(MediaErrorCode::from_slug(failure.code).expect(failure.code))
        }
    }
}

/// What a failure with this code says of another try.
fn outlook_of(code: MediaErrorCode, scenario: &Scenario) -> Outlook {
    match code {
        MediaErrorCode::BotCheck | MediaErrorCode::PlatformRateLimited => Outlook::SitePause,
        MediaErrorCode::NetworkError => Outlook::Transient,
        MediaErrorCode::TimedOut if scenario.prefix == scenarios::STALL.prefix => {
            Outlook::Transient
        }
        _ => Outlook::Permanent,
    }
}

#[tokio::test]
async fn every_failure_of_the_catalogue_has_its_code() {
    let site = Site::with(|config| {
        config.stall_timeout = HURRIED;
        config.max_file_bytes = 20 * 1024 * 1024;
    })
    .await;
    let mut wrong = Vec::new();
    for scenario in scenarios::ALL {
        let Some(expected) = code_of(scenario) else { continue };
        if scenario.prefix == scenarios::TRUNCATED_FOR_GOOD.prefix {
            continue; // Has a test of its own, with more patience.
        }
        let running = site.begin(&scenario.url(7), mp4(Quality::P720));
        let directory = site.engine.job_dir(running.id);
        match running.end().await {
            Err(JobEnd::Failed(failure)) if failure.code() == expected => {
                assert!(failure.problem.error.ends_with('.') && !failure.detail.is_empty());
                assert_eq!(failure.outlook, outlook_of(expected, scenario), "{failure:?}");
            }
            other => wrong.push(format!("{}: {other:?}", scenario.prefix)),
        }
        // Of this one some bytes come, and the next attempt may get more.
        let leaves_a_start = scenario.prefix == scenarios::STALL.prefix;
        assert_eq!(directory.exists(), leaves_a_start, "{} and its directory", scenario.prefix);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    site.stop().await;
}

#[tokio::test]
async fn what_always_breaks_at_the_same_byte_is_given_up() {
    let site = Site::start().await;
    let running = site.begin(&scenarios::TRUNCATED_FOR_GOOD.url(1), mp4(Quality::P720));
    let directory = site.engine.job_dir(running.id);
    let Err(JobEnd::Failed(failure)) = running.end().await else { panic!("it did not fail") };
    assert_eq!(failure.code(), MediaErrorCode::NetworkError);
    assert_eq!(failure.outlook, Outlook::Transient);
    assert!(directory.join("tmp").exists(), "the next attempt goes on from there");
    site.stop().await;
}

#[tokio::test]
async fn info_tells_what_it_can_know() {
    let site = Site::start().await;
    for scenario in scenarios::ALL {
        let told = site.engine.info(&scenario.url(1)).await.map_err(|failure| failure.code());
        match scenario.outcome {
            Outcome::InfoFails(_) => {
                assert_eq!(told.err(), code_of(scenario), "{}", scenario.prefix);
            }
            _ => assert!(told.is_ok(), "{}: {told:?}", scenario.prefix),
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn sound_cannot_be_had_from_a_silent_video_nor_pictures_from_sound() {
    let site = Site::start().await;
    let silent = site.fail(&scenarios::NO_AUDIO.url(1), ask(Format::Mp3, Quality::Best)).await;
    let heard = site.fail(&scenarios::AUDIO_ONLY.url(1), mp4(Quality::Best)).await;
    assert_eq!((silent, heard), (MediaErrorCode::NoSuchFormat, MediaErrorCode::NoSuchFormat));
    site.stop().await;
}

#[tokio::test]
async fn what_may_pass_is_tried_again_by_itself() {
    let site = Site::start().await;
    for scenario in [scenarios::CDN_403_ONCE, scenarios::CDN_503, scenarios::TRUNCATED] {
        let file = site.fetch(&scenario.url(1), mp4(Quality::P360)).await;
        assert!(file.size_bytes > 0, "{}", scenario.prefix);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_sites_refusal_of_us_says_that_the_site_should_rest() {
    let site = Site::start().await;
    let failure = site.engine.info(&scenarios::BOT_CHECK.url(1)).await.unwrap_err();
    assert_eq!(failure.outlook, Outlook::SitePause);
    let failure = site.engine.info(&scenarios::PRIVATE.url(1)).await.unwrap_err();
    assert_eq!(failure.outlook, Outlook::Permanent);
    site.stop().await;
}

#[tokio::test]
async fn refused_media_are_asked_for_with_fresh_addresses_once() {
    let site = Site::start().await;
    let extractions = |id: &str| {
        let pages = |request: &RecordedRequest| {
            request.path == "/watch" && request.video_id.as_deref() == Some(id)
        };
        site.standin.log().matching(pages).len()
    };
    let code = site.fail(&scenarios::CDN_403.url(1), mp4(Quality::P360)).await;
    assert_eq!(code, MediaErrorCode::NetworkError);
    assert_eq!(extractions(&scenarios::CDN_403.id(1)), 2);
    // What a probe found is not fresh.
    site.engine.info(&scenarios::CDN_403.url(2)).await.unwrap();
    site.fail(&scenarios::CDN_403.url(2), mp4(Quality::P360)).await;
    assert_eq!(extractions(&scenarios::CDN_403.id(2)), 2);
    site.stop().await;
}

#[tokio::test]
async fn nothing_but_web_addresses_reaches_yt_dlp() {
    let site = Site::start().await;
    for url in ["file:///etc/passwd", "ytsearch:cats", "--exec=id", "", "ftp://x/y", "javascript:1"]
    {
        assert_eq!(site.fail(url, mp4(Quality::Best)).await, MediaErrorCode::VideoUnavailable);
        assert!(site.engine.info(url).await.is_err());
    }
    let foreign = site.engine.info("https://example.org/video.mp4").await.unwrap_err();
    assert_eq!(foreign.code(), MediaErrorCode::VideoUnavailable);
    site.stop().await;
}

#[tokio::test]
async fn a_deadline_ends_what_is_still_alive() {
    let site = Site::with(|config| config.job_timeout = Duration::from_secs(3)).await;
    let code = site.fail(&scenarios::SLOW.url(50), mp4(Quality::P720)).await;
    assert_eq!(code, MediaErrorCode::TimedOut);
    site.stop().await;
}
