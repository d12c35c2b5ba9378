use std::path::{Path, PathBuf};
use std::process::Command;

use http::StatusCode;
use serde_json::Value;
use standin::{Standin, StandinConfig, scenarios};

use crate::client::{Client, MEDIA_HOST, media_path};
use crate::stand;

#[tokio::test]
async fn any_range_is_that_slice_of_the_whole() {
    let standin = stand::start().await;
    let path = media_path(&standin, "OKAY_000001", 140).await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    let whole = client.get(&path).await;
    let len = whole.body.len();
    assert_eq!(whole.header("content-length"), len.to_string());
    assert_eq!(whole.header("accept-ranges"), "bytes");

    for (first, last) in [(0, 0), (0, len - 1), (1, 1000), (len / 2, len - 1), (len - 1, len - 1)] {
        let part = client.get_range(&path, &format!("bytes={first}-{last}")).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.header("content-range"), format!("bytes {first}-{last}/{len}"));
        assert_eq!(part.body, whole.body.slice(first..=last), "{first}-{last}");
    }
    let beyond = client.get_range(&path, &format!("bytes={len}-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), format!("bytes */{len}"));
    let head = client.head(&path).await;
    assert_eq!(head.header("content-length"), len.to_string());
    assert!(standin.log().media_requests("OKAY_000001").iter().any(|request| {
        request.itag == Some(140) && request.range.as_deref() == Some("bytes=1-1000")
    }));
    standin.stop().await;
}

#[tokio::test]
async fn every_format_is_what_it_says() {
    let standin = stand::start().await;
    let dir = tempfile::tempdir().unwrap();
    for video in [
        scenarios::OKAY.video(1),
        scenarios::SHORT.video(1),
        scenarios::LONG.video(1),
        scenarios::SLOW_MERGE.video(1),
    ] {
        let mut client = Client::to(&standin, "www.youtube.com").await;
        let response = client.player("TVHTML5", &video.id).await;
        let data = &response["streamingData"];
        for format in data["formats"]
            .as_array()
            .unwrap()
            .iter()
            .chain(data["adaptiveFormats"].as_array().unwrap())
        {
            let path = dir.path().join(format!("{}-{}", video.id, format["itag"]));
            fetch(&standin, format, &path).await;
            check(&path, format, f64::from(video.duration_seconds()));
        }
    }
    standin.stop().await;
}

async fn fetch(standin: &Standin, format: &Value, to: &Path) {
    let url = url::Url::parse(format["url"].as_str().unwrap()).unwrap();
    let mut client = Client::to(standin, url.host_str().unwrap()).await;
    let answer = client.get(&format!("{}?{}", url.path(), url.query().unwrap())).await;
    assert_eq!(answer.body.len().to_string(), format["contentLength"].as_str().unwrap());
    std::fs::write(to, answer.body).unwrap();
}

fn check(path: &Path, format: &Value, duration: f64) {
    let output = Command::new(stand::ffprobe())
        .args(["-v", "error", "-of", "json", "-show_streams", "-show_format"])
        .arg(path)
        .output()
        .unwrap();
    let probed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let streams = probed["streams"].as_array().unwrap();
    let codecs: Vec<&str> =
        streams.iter().map(|stream| stream["codec_name"].as_str().unwrap()).collect();
    let announced = format["mimeType"].as_str().unwrap();
    for (codec, sign) in [("h264", "avc1"), ("vp9", "vp9"), ("aac", "mp4a"), ("opus", "opus")] {
        assert_eq!(codecs.contains(&codec), announced.contains(sign), "{announced}: {codecs:?}");
    }
    if let Some(picture) = streams.iter().find(|stream| stream["codec_type"] == "video") {
        assert_eq!(picture["width"], format["width"]);
        assert_eq!(picture["height"], format["height"]);
    }
    let seconds: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!((seconds - duration).abs() < 0.5, "{announced} lasts {seconds} s");
}

#[tokio::test]
async fn a_file_is_made_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let standin = stand::start_in(dir.path()).await;
    let path = media_path(&standin, "OKAY_000001", 140).await;
    let fetch = async || Client::to(&standin, MEDIA_HOST).await.get(&path).await.body;
    let (one, other) = tokio::join!(fetch(), fetch());
    assert_eq!(one, other);
    standin.stop().await;

    // What is there needs no ffmpeg.
    let config = StandinConfig {
        ffmpeg: PathBuf::from("/nowhere/ffmpeg"),
        ..StandinConfig::in_dir(dir.path())
    };
    let standin = Standin::start(config).await.unwrap();
    let path = media_path(&standin, "OKAY_000002", 140).await;
    let again = Client::to(&standin, MEDIA_HOST).await.get(&path).await;
    assert_eq!(again.body, one);
    let path = media_path(&standin, "OKAY_000002", 251).await;
    let failed = Client::to(&standin, MEDIA_HOST).await.get(&path).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    standin.stop().await;
}

#[tokio::test]
async fn what_is_prepared_comes_at_once() {
    let standin = stand::start().await;
    standin.prepare().await.unwrap();
    let path = media_path(&standin, "OKAY_000001", 313).await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    let begun = std::time::Instant::now();
    client.get_range(&path, "bytes=0-0").await;
    assert!(begun.elapsed() < std::time::Duration::from_millis(500));
    standin.stop().await;
}

#[tokio::test]
async fn a_huge_file_is_served_without_being_stored() {
    let standin = stand::start().await;
    let path = media_path(&standin, "HUGE_000005", 136).await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    let tail = client.get_range(&path, "bytes=4999999000-").await;
    assert_eq!(tail.header("content-range"), "bytes 4999999000-4999999999/5000000000");
    assert_eq!(tail.body.len(), 1000);
    standin.stop().await;
}
