//! Every format and quality, as ffprobe finds it.

use std::{collections::HashMap, fs};

use common_types::download::Download;
use serde_json::{Value, json};
use testkit::{
    Client, Probe, TestStack, probe,
    standin::scenarios::{
        CHAPTERS, FROM_720P, MP4_ONLY, OKAY, SHORT, SPONSORED, SUBTITLES, SUBTITLES_404,
    },
};
use uuid::Uuid;

/// What comes out of one request.
struct Case {
    request: Value,
    video: Option<&'static [&'static str]>,
    audio: &'static str,
    height: Option<u32>,
    media_type: &'static str,
}

fn case(request: Value) -> Case {
    Case { request, video: None, audio: "aac", height: None, media_type: "video/mp4" }
}

fn cases() -> Vec<Case> {
    let url = OKAY.url(20);
    let h264: &[&str] = &["h264"];
    let any: &[&str] = &["h264", "vp9", "av1"];
    vec![
        Case {
            video: Some(h264),
            height: Some(720),
            ..case(json!({ "url": url, "format": "mp4", "quality": "720p" }))
        },
        Case {
            video: Some(any),
            height: Some(2160),
            ..case(json!({ "url": url, "format": "mp4" }))
        },
        Case {
            video: Some(any),
            height: Some(360),
            ..case(json!({ "url": url, "quality": "360p" }))
        },
        Case {
            video: Some(&["vp9"]),
            audio: "opus",
            height: Some(480),
            media_type: "video/webm",
            ..case(json!({ "url": url, "format": "webm", "quality": "480p" }))
        },
        Case {
            audio: "mp3",
            media_type: "audio/mpeg",
            ..case(json!({ "url": url, "format": "mp3" }))
        },
        Case {
            audio: "aac",
            media_type: "audio/mp4",
            ..case(json!({ "url": url, "format": "m4a" }))
        },
        Case {
            audio: "opus",
            media_type: "audio/ogg",
            ..case(json!({ "url": url, "format": "opus" }))
        },
        Case {
            video: Some(h264),
            height: Some(720),
            ..case(json!({ "url": FROM_720P.url(1), "quality": "360p" }))
        },
        Case {
            audio: "opus",
            media_type: "audio/ogg",
            ..case(json!({ "url": MP4_ONLY.url(1), "format": "opus", "quality": "128k" }))
        },
    ]
}

#[actix_web::test]
async fn every_format_holds_what_was_asked_for() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("collector").await;
    let mut asked = Vec::new();
    for case in cases() {
        asked.push((client.download(&case.request).await, case));
    }
    for (id, case) in asked {
        let (download, found, media_type) = fetch(&stack, &client, id).await;
        let request = &case.request;
        match case.video {
            Some(codecs) => assert!(codecs.contains(&found.codec("video").unwrap()), "{request}"),
            None => assert_eq!(found.codec("video"), None, "{request}"),
        }
        assert_eq!(found.codec("audio"), Some(case.audio), "{request}");
        assert_eq!(found.height(), case.height, "{request}");
        assert_eq!(media_type, case.media_type, "{request}");
        assert!((found.seconds() - download.duration.unwrap()).abs() < 1.0, "{request}");
    }
    stack.stop().await;
}

#[actix_web::test]
async fn the_short_side_of_a_vertical_video_counts() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("scroller").await;
    let id = client.download(&json!({ "url": SHORT.url(1), "quality": "720p" })).await;
    let (_, found, _) = fetch(&stack, &client, id).await;
    let video = found.streams.iter().find(|stream| stream.codec_type == "video").unwrap();
    assert_eq!(video.width.min(video.height), Some(720));
    stack.stop().await;
}

#[actix_web::test]
async fn subtitles_metadata_and_sponsorblock_are_options() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("archivist").await;
    let subtitles = json!({ "languages": ["en", "de"], "embed": true });
    let requests = [
        (
            "subtitled",
            json!({ "url": SUBTITLES.url(1), "quality": "360p", "subtitles": subtitles }),
        ),
        ("lost", json!({ "url": SUBTITLES_404.url(1), "quality": "360p", "subtitles": subtitles })),
        ("tagged", json!({ "url": CHAPTERS.url(1), "quality": "360p", "embed_metadata": true })),
        (
            "cut",
            json!({
                "url": SPONSORED.url(1), "quality": "360p", "sponsorblock_remove": ["sponsor"],
            }),
        ),
    ];
    let mut found = HashMap::new();
    for (name, request) in requests {
        let id = client.download(&request).await;
        found.insert(name, fetch(&stack, &client, id).await);
    }
    let subtitles = |name: &str| {
        let streams = &found[name].1.streams;
        streams.iter().filter(|stream| stream.codec_type == "subtitle").count()
    };
    assert_eq!(subtitles("subtitled"), 2);
    assert_eq!(subtitles("lost"), 0, "a subtitle that is lost never fails the job");
    let shortened = &found["cut"];
    let whole = f64::from(SPONSORED.video(1).duration_seconds());
    assert!(shortened.1.seconds() < whole - 1.0, "{} of {whole} s", shortened.1.seconds());
    stack.stop().await;
}

async fn fetch(stack: &TestStack, client: &Client, id: Uuid) -> (Download, Probe, String) {
    let download = client.completed(id).await;
    let file = client.file(id).await.expect(200);
    let path = stack.data_dir().join(id.to_string());
    fs::write(&path, &file.body).unwrap();
    (download, probe(&path), file.header("content-type").unwrap().to_owned())
}
