use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use standin::scenarios;
use tokio::time::Instant;

use crate::client::Client;
use crate::stand;

#[test]
fn every_id_has_eleven_characters_and_finds_its_scenario() {
    for scenario in scenarios::ALL {
        let id = scenario.id(1);
        assert_eq!(id.len(), 11, "{id}");
        assert_eq!(scenarios::find(&id).unwrap().scenario.prefix, scenario.prefix);
    }
    for id in ["OKAY_000000", "OKAY_00001", "OKAY_0000011", "okay_000001", "OKAY_00000x", ""] {
        assert!(scenarios::find(id).is_none(), "{id}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_an_unavailable_video() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    let response = client.player("VISIONOS", "aaaaaaaaaaa").await;
    assert_eq!(response["playabilityStatus"]["reason"], "Video unavailable");
    assert_eq!(client.get("/watch?v=aaaaaaaaaaa").await.status, StatusCode::OK);
    standin.stop().await;
}

#[tokio::test]
async fn only_apps_are_told_addresses() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    for (name, told) in [("WEB", false), ("TVHTML5", true), ("VISIONOS", true)] {
        let response = client.player(name, "OKAY_000001").await;
        let format = &response["streamingData"]["adaptiveFormats"][0];
        assert_eq!(format["url"].is_string(), told, "{name}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn age_restricted_videos_differ_in_the_embedded_player() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    for (id, embedded) in [("AGE_0000001", "LOGIN_REQUIRED"), ("AGEEMBED_01", "OK")] {
        let response = client.player("TVHTML5", id).await;
        assert_eq!(response["playabilityStatus"]["status"], "LOGIN_REQUIRED");
        let response = client.player("WEB_EMBEDDED_PLAYER", id).await;
        assert_eq!(response["playabilityStatus"]["status"], embedded, "{id}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn a_hostile_title_cannot_end_its_script() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    for number in 1..=20 {
        let page = client.get(&format!("/watch?v={}", scenarios::HOSTILE.id(number))).await.text();
        assert_eq!(page.matches("</script>").count(), 3, "{number}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn links_of_all_shapes_lead_to_the_watch_page() {
    let standin = stand::start().await;
    let watch = "https://www.youtube.com/watch?v=OKAY_000001";
    for (host, path) in [
        ("youtu.be", "/OKAY_000001"),
        ("m.youtube.com", "/shorts/OKAY_000001"),
        ("www.youtube-nocookie.com", "/v/OKAY_000001"),
        ("www.youtube.com", "/live/OKAY_000001"),
    ] {
        let answer = Client::to(&standin, host).await.get(path).await;
        assert_eq!(answer.header("location"), watch, "{host}{path}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn a_slow_page_takes_its_seconds() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    let begun = Instant::now();
    client.get("/watch?v=SLOWPAGE_01").await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let begun = Instant::now();
    client.player("TVHTML5", "SLOWPAGE_01").await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    standin.stop().await;
}

#[tokio::test]
async fn subtitles_come_in_the_format_that_was_asked_for() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    let base = "/api/timedtext?v=SUBS_000001&lang=de";
    for (format, sign) in [("vtt", "WEBVTT"), ("srt", "00:00:00,000 -->"), ("json3", "tStartMs")] {
        let text = client.get(&format!("{base}&fmt={format}")).await.text();
        assert!(text.contains(sign) && text.contains("Guten Tag."), "{format}: {text}");
    }
    let lost = client.get("/api/timedtext?v=SUBS404_001&lang=en&fmt=vtt").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    let rationed = client.get("/api/timedtext?v=SUBS429_001&lang=en&fmt=vtt").await;
    assert_eq!(rationed.status, StatusCode::TOO_MANY_REQUESTS);
    standin.stop().await;
}

#[tokio::test]
async fn thumbnails_are_jpeg_of_known_videos() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "i.ytimg.com").await;
    let picture = client.get("/vi/OKAY_000001/hqdefault.jpg").await;
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert!(picture.body.starts_with(&[0xff, 0xd8, 0xff]));
    for path in ["/vi/aaaaaaaaaaa/hqdefault.jpg", "/vi_webp/OKAY_000001/hqdefault.webp", "/"] {
        assert_eq!(client.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    standin.stop().await;
}

#[tokio::test]
async fn sponsorblock_answers_by_the_start_of_a_hash() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "sponsor.ajay.app").await;
    // The SHA-256 of "SPONSOR_001" starts so.
    let known = "/api/skipSegments/PREFIX?categories=%5B%22sponsor%22%5D";
    let answer = client.get(&known.replace("PREFIX", "ae92")).await.json();
    assert_eq!(answer[0]["videoID"], "SPONSOR_001");
    assert_eq!(answer[0]["segments"][0]["segment"], json!([2.0, 4.0]));
    assert_eq!(answer[0]["segments"].as_array().unwrap().len(), 1);
    let unknown = client.get("/api/skipSegments/0000").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    standin.stop().await;
}
