//! What comes out when yt-dlp downloads.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use standin::Standin;
use standin::scenarios::{self, Scenario};
use tokio::time::Instant;

use crate::{engine, stand};

const MP4_720: [&str; 4] =
    ["--format-sort", "res:720,vcodec:h264,acodec:aac", "--merge-output-format", "mp4"];

async fn download(standin: &Standin, dir: &Path, url: &str, args: &[&str]) -> std::process::Output {
    let args: Vec<&str> = args.iter().copied().chain(["--", url]).collect();
    engine::run(standin, dir, &args).await
}

fn probe(path: &Path) -> Value {
    let output = Command::new(stand::ffprobe())
        .args(["-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_chapters"])
        .arg(path)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn seconds(path: &Path) -> f64 {
    probe(path)["format"]["duration"].as_str().expect("a duration").parse().unwrap()
}

#[tokio::test]
async fn videos_arrive_whole_whatever_happens_on_the_way() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    for scenario in [
        scenarios::OKAY,
        scenarios::TRUNCATED,
        scenarios::CDN_500,
        scenarios::CDN_503,
        scenarios::AGE_EMBEDDABLE,
        scenarios::HOSTILE,
    ] {
        let output = download(&standin, dir.path(), &scenario.url(1), &MP4_720).await;
        assert!(output.status.success(), "{}", engine::stderr(&output));
        let file = dir.path().join(format!("{}.mp4", scenario.id(1)));
        let probed = probe(&file);
        assert_eq!(probed["streams"][0]["height"], 720, "{}", scenario.prefix);
        assert_eq!(probed["streams"][0]["codec_name"], "h264");
        assert_eq!(probed["streams"][1]["codec_name"], "aac");
        assert!((seconds(&file) - 10.0).abs() < 0.5);
        let size = std::fs::metadata(&file).unwrap().len();
        assert!((1_000_000..2_000_000).contains(&size), "{size}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn a_vertical_short_is_720_columns_wide() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let output = download(&standin, dir.path(), &scenarios::SHORT.url(1), &MP4_720).await;
    assert!(output.status.success(), "{}", engine::stderr(&output));
    let probed = probe(&dir.path().join(format!("{}.mp4", scenarios::SHORT.id(1))));
    assert_eq!(
        (&probed["streams"][0]["width"], &probed["streams"][0]["height"]),
        (&720.into(), &1280.into())
    );
    standin.stop().await;
}

#[tokio::test]
async fn media_that_does_not_come_fails_as_the_catalogue_says() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    for scenario in [scenarios::CDN_403, scenarios::TRUNCATED_FOR_GOOD, scenarios::STALL] {
        let args = ["--format", "140", "--retries", "2", "--socket-timeout", "1"];
        let output = download(&standin, dir.path(), &scenario.url(1), &args).await;
        assert!(!output.status.success());
        let said =
            format!("{}{}", engine::stderr(&output), String::from_utf8_lossy(&output.stdout));
        assert!(said.contains(message(&scenario)), "{}: {said}", scenario.prefix);
    }
    standin.stop().await;
}

fn message(scenario: &Scenario) -> &'static str {
    match scenario.outcome {
        scenarios::Outcome::DownloadFails(failure) => failure.message,
        _ => panic!("{} does not fail", scenario.prefix),
    }
}

#[tokio::test]
async fn a_second_run_asks_for_fresh_addresses_and_succeeds() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let url = scenarios::CDN_403_ONCE.url(2);
    let first = download(&standin, dir.path(), &url, &["--format", "140"]).await;
    assert!(engine::stderr(&first).contains("HTTP Error 403"));
    let second = download(&standin, dir.path(), &url, &["--format", "140"]).await;
    assert!(second.status.success(), "{}", engine::stderr(&second));
    standin.stop().await;
}

#[tokio::test]
async fn a_killed_download_goes_on_where_it_was() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let (id, url) = (scenarios::SLOW.id(200), scenarios::SLOW.url(200));
    let part = dir.path().join(format!("{id}.mp4.part"));
    let mut child = engine::command(&standin, dir.path())
        .args(["--format", "134", "--", &url])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while std::fs::metadata(&part).map_or(0, |metadata| metadata.len()) < 50_000 {
        assert!(Instant::now() < deadline, "nothing comes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().await.unwrap();
    let kept = std::fs::metadata(&part).unwrap().len();

    let output = download(&standin, dir.path(), &url, &["--format", "134"]).await;
    assert!(output.status.success(), "{}", engine::stderr(&output));
    let ranges = standin.log().media_requests(&id);
    let resumed = ranges.last().and_then(|request| request.range.clone()).unwrap();
    assert!(resumed.starts_with(&format!("bytes={kept}-")), "{resumed} after {kept} bytes");
    assert!((seconds(&dir.path().join(format!("{id}.mp4"))) - 10.0).abs() < 0.5);
    standin.stop().await;
}

#[tokio::test]
async fn what_goes_with_a_video_comes_along() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let args = [
        "--format",
        "18",
        "--write-subs",
        "--write-auto-subs",
        "--sub-langs",
        "en,de,fr",
        "--sub-format",
        "vtt",
        "--write-thumbnail",
    ];
    let output = download(&standin, dir.path(), &scenarios::SUBTITLES.url(1), &args).await;
    assert!(output.status.success(), "{}", engine::stderr(&output));
    for language in ["en", "de", "fr"] {
        let file = dir.path().join(format!("{}.{language}.vtt", scenarios::SUBTITLES.id(1)));
        assert!(std::fs::read_to_string(file).unwrap().starts_with("WEBVTT"), "{language}");
    }
    assert!(dir.path().join(format!("{}.jpg", scenarios::SUBTITLES.id(1))).is_file());

    let args = ["--format", "18", "--embed-chapters"];
    let output = download(&standin, dir.path(), &scenarios::CHAPTERS.url(1), &args).await;
    assert!(output.status.success(), "{}", engine::stderr(&output));
    let probed = probe(&dir.path().join(format!("{}.mp4", scenarios::CHAPTERS.id(1))));
    assert_eq!(probed["chapters"].as_array().unwrap().len(), 3);
    standin.stop().await;
}

#[tokio::test]
async fn sponsored_parts_can_be_removed() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    let args = ["--format", "18", "--sponsorblock-remove", "sponsor"];
    let output = download(&standin, dir.path(), &scenarios::SPONSORED.url(1), &args).await;
    assert!(output.status.success(), "{}", engine::stderr(&output));
    let left = seconds(&dir.path().join(format!("{}.mp4", scenarios::SPONSORED.id(1))));
    assert!((left - 8.0).abs() < 1.0, "{left} s are left");
    standin.stop().await;
}
