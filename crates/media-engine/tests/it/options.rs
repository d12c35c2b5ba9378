//! Subtitles, metadata, SponsorBlock, and titles that attack.

use common_types::media::{Format, MediaOptions, Quality, SponsorBlockCategory, SubtitleOptions};
use standin::scenarios;

use crate::site::{Site, ask, ffprobe, mp4, seconds, stream};

fn subtitled(format: Format, languages: &[&str]) -> MediaOptions {
    let languages = languages.iter().map(|&language| language.to_owned()).collect();
    let subtitles = Some(SubtitleOptions { languages, embed: true });
    MediaOptions { subtitles, ..ask(format, Quality::P360) }
}

#[tokio::test]
async fn subtitles_are_put_into_the_file() {
    let site = Site::start().await;
    let url = scenarios::SUBTITLES.url(1);
    for (format, codec) in
        [(Format::Mp4, "mov_text"), (Format::Mkv, "webvtt"), (Format::Webm, "webvtt")]
    {
        let file = site.fetch(&url, subtitled(format, &["en", "de"])).await;
        let probed = ffprobe(&file.path);
        assert_eq!(stream(&probed, "subtitle", "codec_name"), codec, "{format}");
        assert_eq!(stream(&probed, "subtitle", "tags")["language"], "eng");
        let count =
            probed["streams"].as_array().unwrap().iter().filter(|s| s["codec_type"] == "subtitle");
        assert_eq!(count.count(), 2, "{format}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_subtitle_that_cannot_be_had_fails_nothing() {
    let site = Site::start().await;
    for scenario in [scenarios::SUBTITLES_404, scenarios::SUBTITLES_429, scenarios::MP4_ONLY] {
        let file = site.fetch(&scenario.url(1), subtitled(Format::Mp4, &["en", "xx"])).await;
        assert!(stream(&ffprobe(&file.path), "subtitle", "codec_name").is_null());
    }
    site.fetch(&scenarios::SUBTITLES.url(2), subtitled(Format::Mp3, &["en"])).await;
    site.stop().await;
}

#[tokio::test]
async fn metadata_is_put_into_the_file() {
    let site = Site::start().await;
    let video = scenarios::CHAPTERS.video(1);
    for format in [Format::Mp4, Format::Mp3, Format::Opus] {
        let options = MediaOptions { embed_metadata: true, ..ask(format, Quality::Best) };
        let file = site.fetch(&scenarios::CHAPTERS.url(1), options).await;
        assert_eq!(file.title, video.title());
        let probed = ffprobe(&file.path);
        let (whole, sound) = (&probed["format"]["tags"]["title"], stream(&probed, "audio", "tags"));
        let title =
            whole.as_str().or_else(|| sound["title"].as_str()).or_else(|| sound["TITLE"].as_str());
        assert_eq!(title, Some(video.title().as_str()), "{format}");
    }
    site.stop().await;
}

#[tokio::test]
async fn what_sponsorblock_knows_is_cut_out() {
    let site = Site::start().await;
    let options = MediaOptions {
        sponsorblock_remove: vec![SponsorBlockCategory::Sponsor],
        ..mp4(Quality::P360)
    };
    let file = site.fetch(&scenarios::SPONSORED.url(1), options).await;
    let whole = f64::from(scenarios::SPONSORED.video(1).duration_seconds());
    let left = seconds(&ffprobe(&file.path));
    assert!(left < whole - 1.0, "{left} of {whole} s");
    site.stop().await;
}

#[tokio::test]
async fn titles_that_attack_stay_words() {
    let site = Site::start().await;
    for number in 1..=20 {
        let video = scenarios::HOSTILE.video(number);
        let running = site.begin(&scenarios::HOSTILE.url(number), mp4(Quality::P360));
        let directory = site.engine.job_dir(running.id);
        let file = running.end().await.unwrap();
        assert!(file.path.starts_with(&directory));
        assert_eq!(file.path.file_stem().unwrap(), video.id.as_str());
        assert!(!file.title.is_empty() && file.title.chars().count() <= 2000);
    }
    site.stop().await;
}
