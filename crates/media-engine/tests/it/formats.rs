//! Every format and quality, as ffprobe sees it.

use common_types::media::{Format, Quality};
use standin::scenarios;

use crate::site::{Site, ask, ffprobe, mp4, seconds, stream};

struct Expected {
    ext: &'static str,
    vcodec: Option<&'static str>,
    acodec: Option<&'static str>,
    height: Option<u32>,
}

const fn video(
    ext: &'static str,
    vcodec: &'static str,
    acodec: &'static str,
    height: u32,
) -> Expected {
    Expected { ext, vcodec: Some(vcodec), acodec: Some(acodec), height: Some(height) }
}

const fn sound(ext: &'static str, acodec: &'static str) -> Expected {
    Expected { ext, vcodec: None, acodec: Some(acodec), height: None }
}

async fn check(
    site: &Site,
    url: &str,
    duration: u32,
    format: Format,
    quality: Quality,
    expected: Expected,
) {
    let file = site.fetch(url, ask(format, quality)).await;
    let probed = ffprobe(&file.path);
    let context = format!("{url} as {format} {quality}: {file:?}");
    assert_eq!(file.ext, expected.ext, "{context}");
    assert_eq!(file.path.extension().unwrap(), expected.ext, "{context}");
    let codec = |kind| stream(&probed, kind, "codec_name").as_str().map(str::to_owned);
    assert_eq!(codec("video").as_deref(), expected.vcodec, "{context}");
    assert_eq!(codec("audio").as_deref(), expected.acodec, "{context}");
    assert_eq!(file.vcodec.as_deref(), expected.vcodec, "{context}");
    assert_eq!(file.acodec.as_deref(), expected.acodec, "{context}");
    let height = stream(&probed, "video", "height").as_u64();
    assert_eq!(height, expected.height.map(u64::from), "{context}");
    assert_eq!(file.height, expected.height, "{context}");
    let seconds = seconds(&probed);
    assert!((seconds - f64::from(duration)).abs() < 1.5, "{seconds} s: {context}");
    assert_eq!(file.size_bytes, std::fs::metadata(&file.path).unwrap().len());
}

#[tokio::test]
async fn every_format_and_quality_is_what_was_asked_for() {
    let site = Site::start().await;
    let url = scenarios::OKAY.url(1);
    let duration = scenarios::OKAY.video(1).duration_seconds();
    let wanted = [
        (Format::Mp4, Quality::P360, video("mp4", "h264", "aac", 360)),
        (Format::Mp4, Quality::P480, video("mp4", "h264", "aac", 480)),
        (Format::Mp4, Quality::P720, video("mp4", "h264", "aac", 720)),
        (Format::Mp4, Quality::P1080, video("mp4", "h264", "aac", 1080)),
        (Format::Mp4, Quality::P1440, video("mp4", "vp9", "aac", 1440)),
        (Format::Mp4, Quality::Best, video("mp4", "vp9", "aac", 2160)),
        (Format::Webm, Quality::P720, video("webm", "vp9", "opus", 720)),
        (Format::Webm, Quality::Best, video("webm", "vp9", "opus", 2160)),
        (Format::Mkv, Quality::P720, video("mkv", "vp9", "opus", 720)),
        (Format::Mp3, Quality::Best, sound("mp3", "mp3")),
        (Format::Mp3, Quality::K320, sound("mp3", "mp3")),
        (Format::M4a, Quality::Best, sound("m4a", "aac")),
        (Format::M4a, Quality::K128, sound("m4a", "aac")),
        (Format::Opus, Quality::Best, sound("opus", "opus")),
    ];
    for (format, quality, expected) in wanted {
        check(&site, &url, duration, format, quality, expected).await;
    }
    site.stop().await;
}

#[tokio::test]
async fn odd_uploads_yield_the_best_that_they_have() {
    let site = Site::start().await;
    let wanted = [
        (scenarios::ONLY_360P, Format::Mp4, Quality::Best, video("mp4", "h264", "aac", 360)),
        (scenarios::FROM_720P, Format::Mp4, Quality::P360, video("mp4", "h264", "aac", 720)),
        (scenarios::WEBM_ONLY, Format::Mp4, Quality::P720, video("mp4", "vp9", "opus", 720)),
        (scenarios::MP4_ONLY, Format::Webm, Quality::P720, video("mkv", "h264", "aac", 720)),
        (scenarios::MP4_ONLY, Format::Opus, Quality::Best, sound("opus", "opus")),
        (scenarios::WEBM_ONLY, Format::M4a, Quality::Best, sound("m4a", "aac")),
        (scenarios::AUDIO_ONLY, Format::Mp3, Quality::Best, sound("mp3", "mp3")),
    ];
    for (scenario, format, quality, expected) in wanted {
        let duration = scenario.video(1).duration_seconds();
        check(&site, &scenario.url(1), duration, format, quality, expected).await;
    }
    site.stop().await;
}

#[tokio::test]
async fn a_silent_video_is_fetched_without_sound() {
    let site = Site::start().await;
    let file = site.fetch(&scenarios::NO_AUDIO.url(1), mp4(Quality::P720)).await;
    assert_eq!((file.height, file.acodec), (Some(720), None));
    site.stop().await;
}

#[tokio::test]
async fn an_upright_video_is_measured_across() {
    let site = Site::start().await;
    let file = site.fetch(&scenarios::SHORT.url(1), mp4(Quality::P720)).await;
    assert_eq!(stream(&ffprobe(&file.path), "video", "width"), 720);
    assert_eq!(file.height, Some(1280));
    site.stop().await;
}

#[tokio::test]
async fn the_index_of_a_merged_mp4_stands_before_its_media() {
    let site = Site::start().await;
    let file = site.fetch(&scenarios::OKAY.url(2), mp4(Quality::P720)).await;
    let bytes = std::fs::read(&file.path).unwrap();
    let at = |name: &[u8]| bytes.windows(4).position(|part| part == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"));
    site.stop().await;
}

#[tokio::test]
async fn an_mp3_has_the_rate_that_was_asked_for() {
    let site = Site::start().await;
    for (quality, rate) in [(Quality::Best, 192), (Quality::K128, 128), (Quality::K320, 320)] {
        let file = site.fetch(&scenarios::OKAY.url(3), ask(Format::Mp3, quality)).await;
        let found: f64 =
            stream(&ffprobe(&file.path), "audio", "bit_rate").as_str().unwrap().parse().unwrap();
        assert!((found / 1000.0 - f64::from(rate)).abs() < 5.0, "{found} for {quality}");
    }
    site.stop().await;
}
