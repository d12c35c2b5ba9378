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
    let left = std::fs::read_dir(site.config.work_dir.join("probes")).unwrap();
    assert_eq!(left.count(), 0);
    site.stop().await;
}
