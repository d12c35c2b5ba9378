use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use standin::Standin;
use tokio::time::{Instant, timeout};

use crate::client::{Client, MEDIA_HOST, media_path};
use crate::stand;

async fn begin(standin: &Standin, video_id: &str, itag: u64) -> http::Response<Incoming> {
    let path = media_path(standin, video_id, itag).await;
    let mut client = Client::to(standin, MEDIA_HOST).await;
    client.begin(Method::GET, &path, None, Bytes::new()).await
}

/// Reads until nothing comes for `pause`, or until there are `enough` bytes.
async fn read(body: &mut Incoming, pause: Duration, enough: usize) -> usize {
    let mut received = 0;
    while let Ok(Some(Ok(frame))) = timeout(pause, body.frame()).await {
        received += frame.data_ref().map_or(0, Bytes::len);
        if received >= enough {
            break;
        }
    }
    received
}

#[tokio::test]
async fn stalling_media_stops_and_keeps_the_connection() {
    let standin = stand::start().await;
    let mut body = begin(&standin, "STALL_00001", 136).await.into_body();
    assert_eq!(read(&mut body, Duration::from_secs(2), usize::MAX).await, 100_000);
    let more = timeout(Duration::from_millis(100), body.frame()).await;
    assert!(more.is_err(), "neither bytes nor an end");
    standin.stop().await;
}

#[tokio::test]
async fn breaking_media_can_be_resumed_to_the_end() {
    let standin = stand::start().await;
    let path = media_path(&standin, "TRUNC_00001", 136).await;
    let sound = media_path(&standin, "OKAY_000001", 136).await;
    let whole = Client::to(&standin, MEDIA_HOST).await.get(&sound).await.body;
    let mut received = Vec::new();
    let mut connections = 0;
    while received.len() < whole.len() {
        let range = format!("bytes={}-", received.len());
        let part = Client::to(&standin, MEDIA_HOST).await.get_range(&path, &range).await;
        received.extend_from_slice(&part.body);
        connections += 1;
        assert_eq!(part.complete, received.len() == whole.len());
    }
    assert_eq!(received, whole);
    assert_eq!(connections, 4);
    standin.stop().await;
}

#[tokio::test]
async fn media_that_breaks_for_good_never_gets_further() {
    let standin = stand::start().await;
    let path = media_path(&standin, "TRUNCEND_01", 136).await;
    for (range, expected) in [("bytes=0-", 100_000), ("bytes=99999-", 1), ("bytes=100000-", 0)] {
        let part = Client::to(&standin, MEDIA_HOST).await.get_range(&path, range).await;
        assert_eq!(part.body.len(), expected);
        assert!(!part.complete);
    }
    standin.stop().await;
}

#[tokio::test]
async fn slow_media_comes_at_the_rate_of_its_number() {
    let standin = stand::start().await;
    let mut body = begin(&standin, "SLOW_000200", 136).await.into_body();
    let begun = Instant::now();
    read(&mut body, Duration::from_secs(2), 100_000).await;
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(300), "100 kB at 200 kB/s in {took:?}");
    standin.stop().await;
}

#[tokio::test]
async fn endless_media_announces_nothing_and_goes_on() {
    let standin = stand::start().await;
    for (video_id, announced) in [("NOLEN_00001", None), ("LIES_000001", Some("1000000"))] {
        let response =
            Client::to(&standin, "www.youtube.com").await.player("TVHTML5", video_id).await;
        let format = &response["streamingData"]["adaptiveFormats"][0];
        assert_eq!(format["contentLength"].as_str(), announced);
        let answer = begin(&standin, video_id, 136).await;
        assert!(!answer.headers().contains_key("content-length"));
        let mut body = answer.into_body();
        assert!(read(&mut body, Duration::from_secs(2), 20_000_000).await >= 20_000_000);
    }
    standin.stop().await;
}

#[tokio::test]
async fn forbidden_media_stays_so_unless_addresses_are_fresh() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    let never = media_path(&standin, "CDN403_0001", 136).await;
    assert_eq!(client.get(&never).await.status, StatusCode::FORBIDDEN);

    let stale = media_path(&standin, "ONCE403_001", 136).await;
    let stale_audio = media_path(&standin, "ONCE403_001", 140).await;
    assert_eq!(client.get(&stale).await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get(&stale).await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get(&stale_audio).await.status, StatusCode::FORBIDDEN);
    let fresh = media_path(&standin, "ONCE403_001", 136).await;
    assert_eq!(client.get(&fresh).await.status, StatusCode::OK);
    standin.stop().await;
}

#[tokio::test]
async fn failing_media_comes_at_the_third_request() {
    let standin = stand::start().await;
    let path = media_path(&standin, "CDN503_0001", 140).await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(client.get(&path).await.status.as_u16());
    }
    assert_eq!(statuses, [503, 503, 200]);
    standin.stop().await;
}

#[tokio::test]
async fn addresses_that_nobody_gave_out_are_forbidden() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, MEDIA_HOST).await;
    for path in ["/videoplayback?id=nothing&itag=136", "/videoplayback?id=OKAY_000001&itag=9", "/"]
    {
        assert_eq!(client.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    standin.stop().await;
}
