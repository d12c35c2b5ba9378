//! Probes: what they tell, and that they never wait behind downloads.

use std::time::{Duration, Instant};

use common_types::{MediaErrorCode, media::Quality};
use standin::scenarios;

use crate::site::{Site, descendants, mp4, wait_until};

#[tokio::test]
async fn info_tells_what_is_on_offer() {
    let site = Site::start().await;
    let video = scenarios::OKAY.video(5);
    let info = site.engine.info(&scenarios::OKAY.url(5)).await.unwrap();
    assert_eq!(
        (info.id.as_str(), info.title.as_str()),
        (video.id.as_str(), video.title().as_str())
    );
    assert_eq!(info.duration, Some(f64::from(video.duration_seconds())));
    assert!(!info.is_live && info.uploader.is_some() && info.thumbnail_url.is_some());
    assert!(info.formats.video.iter().any(|f| f.format_id == "137" && f.height == Some(1080)));
    assert!(info.formats.audio.iter().all(|f| f.vcodec.is_none() && f.acodec.is_some()));
    let all = [
        Quality::Best,
        Quality::P2160,
        Quality::P1440,
        Quality::P1080,
        Quality::P720,
        Quality::P480,
        Quality::P360,
    ];
    assert_eq!(info.qualities, all);
    site.stop().await;
}

#[tokio::test]
async fn a_live_stream_is_told_of_though_it_cannot_be_fetched() {
    let site = Site::start().await;
    assert!(site.engine.info(&scenarios::LIVE.url(1)).await.unwrap().is_live);
    site.stop().await;
}

#[tokio::test]
async fn info_never_waits_behind_downloads() {
    let site = Site::with(|config| config.max_jobs = 2).await;
    let mut slow = Vec::new();
    for number in [100, 101, 102] {
        slow.push(site.begin(&scenarios::SLOW.url(number), mp4(Quality::P720)));
    }
    wait_until("both run", || site.engine.busy() == 2).await;
    let begun = Instant::now();
    site.engine.info(&scenarios::OKAY.url(6)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for running in slow {
        running.cancel.cancel();
        drop(running.end().await);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_probe_that_takes_too_long_ends_with_its_process() {
    let site = Site::with(|config| config.probe_timeout = Duration::from_secs(2)).await;
    let failure = site.engine.info(&scenarios::SLOW_PAGE.url(30)).await.unwrap_err();
    assert_eq!(failure.code(), MediaErrorCode::TimedOut);
    wait_until("its worker is gone", || descendants().len() == 1).await;
    site.stop().await;
}

#[tokio::test]
async fn a_thumbnail_is_a_picture_or_nothing() {
    let site = Site::start().await;
    let info = site.engine.info(&scenarios::OKAY.url(7)).await.unwrap();
    let url = info.thumbnail_url.unwrap();
    let place = tempfile::tempdir().unwrap();
    let dest = place.path().join("thumbnail");
    let image = site.engine.thumbnail(&url, &dest, 1 << 20).await.unwrap();
    assert_eq!((image.media_type, image.path.as_path()), ("image/jpeg", dest.as_path()));
    assert_eq!(image.size_bytes, std::fs::metadata(&dest).unwrap().len());

    let large = site.engine.thumbnail(&url, &dest, 100).await.unwrap_err();
    assert_eq!(large.code(), MediaErrorCode::FileTooLarge);
    let page = site.engine.thumbnail(&scenarios::OKAY.url(7), &dest, 1 << 24).await.unwrap_err();
    assert_eq!(page.code(), MediaErrorCode::NoSuchFormat);
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_worker_that_saw_cookies_sees_nothing_else() {
    let jar = tempfile::NamedTempFile::new().unwrap();
    let line = ".youtube.com\tTRUE\t/\tTRUE\t4102444800\tPREF\thl=en";
    let cookies = format!("# Netscape HTTP Cookie File\n{line}\n");
    std::fs::write(&jar, &cookies).unwrap();
    let site = Site::with(|config| config.cookies_file = Some(jar.path().to_owned())).await;
    site.engine.info(&scenarios::OKAY.url(8)).await.unwrap();
    let file = site.fetch(&scenarios::OKAY.url(9), mp4(Quality::P360)).await;
    wait_until("its worker is gone", || descendants().len() == 1).await;
    assert_eq!(std::fs::read_to_string(&jar).unwrap(), cookies, "the operator's file is read only");
    assert!(file.size_bytes > 0);
    site.stop().await;
}

#[tokio::test]
async fn progress_covers_both_streams_and_never_goes_back() {
    let site = Site::start().await;
    let mut running = site.begin(&scenarios::SLOW.url(900), mp4(Quality::P720));
    let mut states = vec![running.state.borrow_and_update().clone()];
    while running.state.changed().await.is_ok() {
        states.push(running.state.borrow_and_update().clone());
    }
    let file = running.end().await.unwrap();
    assert!(states.is_sorted_by(|a, b| a.progress <= b.progress), "{states:?}");
    assert!(states.is_sorted_by(|a, b| a.downloaded_bytes <= b.downloaded_bytes));
    assert!(states.iter().any(|state| state.progress > 5.0 && state.progress < 90.0));
    let last = states.last().unwrap();
    assert_eq!(last.title.as_deref(), Some(file.title.as_str()));
    assert!((last.progress - 99.0).abs() < f64::EPSILON);
    site.stop().await;
}
