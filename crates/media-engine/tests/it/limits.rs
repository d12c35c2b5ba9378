//! The size of a file is limited in several places, for each can be lied to.

use common_types::{
    MediaErrorCode,
    media::{Format, Quality},
};
use standin::scenarios;

use crate::site::{Site, ask, mp4};

const LIMIT: u64 = 8 * 1024 * 1024;

#[tokio::test]
async fn an_announced_size_is_refused_before_a_byte_is_fetched() {
    let site = Site::with(|config| config.max_file_bytes = LIMIT).await;
    let url = scenarios::HUGE.url(5);
    assert_eq!(site.fail(&url, mp4(Quality::P720)).await, MediaErrorCode::FileTooLarge);
    assert!(site.standin.log().media_requests(&scenarios::HUGE.id(5)).is_empty());
    site.stop().await;
}

#[tokio::test]
async fn what_comes_is_counted_whatever_was_announced() {
    let site = Site::with(|config| config.max_file_bytes = LIMIT).await;
    for scenario in [scenarios::NO_LENGTH, scenarios::LYING] {
        let code = site.fail(&scenario.url(1), mp4(Quality::P720)).await;
        assert_eq!(code, MediaErrorCode::FileTooLarge, "{}", scenario.prefix);
    }
    site.stop().await;
}

#[tokio::test]
async fn what_ffmpeg_makes_of_it_is_limited_too() {
    // Two hours of sound: 24 MB as they come, nearly 300 MB as the mp3 that is asked for.
    let site = Site::with(|config| config.max_file_bytes = 28 * 1024 * 1024).await;
    let code = site.fail(&scenarios::LONG.url(5), ask(Format::Mp3, Quality::K320)).await;
    assert_eq!(code, MediaErrorCode::FileTooLarge);
    site.stop().await;
}

#[tokio::test]
async fn what_fits_is_not_refused() {
    let site = Site::with(|config| config.max_file_bytes = LIMIT).await;
    site.fetch(&scenarios::LARGE.url(6), mp4(Quality::P720)).await;
    let code = site.fail(&scenarios::LARGE.url(9), mp4(Quality::P720)).await;
    assert_eq!(code, MediaErrorCode::FileTooLarge);
    site.stop().await;
}
