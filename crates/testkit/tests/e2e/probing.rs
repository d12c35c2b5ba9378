//! `single/info`, thumbnails and health.

use common_types::media::{MediaInfo, Quality};
use serde_json::{Value, json};
use testkit::{
    TestStack,
    standin::scenarios::{OKAY, SLOW},
    wait_for,
};

#[actix_web::test]
async fn info_says_what_the_site_offers() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("curious").await;
    let url = format!("https://youtu.be/{}?list=PLexample00", OKAY.id(2));
    let answer = client.post("/api/youtube/single/info", &json!({ "url": url })).await.expect(200);
    let info: MediaInfo = answer.json();
    assert_eq!(info.title, OKAY.video(2).title());
    assert_eq!(info.url, OKAY.url(2));
    assert_eq!(info.qualities.first(), Some(&Quality::Best));
    assert!(info.qualities.contains(&Quality::P720) && info.qualities.contains(&Quality::P2160));
    assert!(info.formats.video.iter().any(|format| format.height == Some(1080)));
    assert!(info.formats.audio.iter().any(|format| format.ext == "m4a"));
    assert_eq!(info.playlist.unwrap().id, "PLexample00");
    stack.stop().await;
}

#[actix_web::test]
async fn info_never_waits_behind_downloads() {
    let stack = TestStack::builder().set("MAX_CONCURRENT_DOWNLOADS", 1).start().await;
    let client = stack.client().sign_up("curious").await;
    let busy = client.download(&json!({ "url": SLOW.url(60), "quality": "360p" })).await;
    let waiting = client.download(&json!({ "url": SLOW.url(61), "quality": "360p" })).await;
    for number in 10..13 {
        let body = json!({ "url": OKAY.url(number) });
        client.post("/api/youtube/single/info", &body).await.expect(200);
    }
    assert!(!client.status(busy).await.status.is_final(), "the download was to outlast the probes");
    for id in [waiting, busy] {
        client.post(&format!("/api/youtube/single/cancel/{id}"), &json!({})).await.expect(200);
    }
    stack.stop().await;
}

#[actix_web::test]
async fn thumbnails_come_from_this_origin() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("viewer").await;
    let path = format!("/api/youtube/thumbnail/{}", OKAY.id(3));
    for _ in 0..2 {
        let answer = client.get(&path).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.body.starts_with(&[0xff, 0xd8]));
    }
    for bad in ["short", "..%2f..%2fetc", "OKAY_00000%"] {
        let answer = client.get(&format!("/api/youtube/thumbnail/{bad}")).await;
        assert!(matches!(answer.status, 400 | 404), "{bad}: {}", answer.status);
    }
    stack.stop().await;
}

#[actix_web::test]
async fn health_names_the_engine_and_the_services() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("operator").await;
    let health = wait_for("the engine is warm", || async {
        let health: Value = client.get("/api/youtube/health").await.expect(200).json();
        health["engine"]["js_runtime"].is_string().then_some(health)
    })
    .await;
    assert_eq!(health["service"], "youtube-server");
    for tool in ["yt_dlp", "ffmpeg"] {
        assert!(health["engine"][tool].is_string(), "{tool}: {health}");
    }
    assert_eq!(health["workers"]["max"], 3);
    let health: Value = client.anonymous().get("/health").await.expect(200).json();
    assert_eq!(health["status"], "healthy", "{health}");
    for service in ["youtube", "auth", "database"] {
        assert_eq!(health["services"][service], "running");
    }
    stack.stop().await;
}
