//! Services that are down, slow, or break off.

use std::time::Duration;

use gateway::{Options, Timeouts};
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::{
    harness::{Rig, SECRET, Setup, answer, answer_with},
    raw,
    stub::Stub,
};

/// A rig whose youtube-service is found at `url`.
async fn with_youtube_at(url: String) -> Rig {
    let timeouts = Timeouts {
        answer: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        upload: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let options = Options { timeouts, ..Options::default() };
    Setup { options, ..Setup::default() }.with("MAGPIE_YOUTUBE_URL", url).start().await
}

/// An address where nothing listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// What comes back, on a connection that must then be closed although the client would keep it.
async fn cut_answer(rig: &Rig) -> String {
    let request = format!(
        "GET /api/youtube/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        rig.token()
    );
    raw::exchange_until_closed(rig.gateway.addr(), request.as_bytes()).await
}

#[actix_web::test]
async fn a_service_that_is_down_is_unavailable_for_now() {
    let rig = with_youtube_at(nowhere().await).await;
    let got = answer_with(rig.post("/api/youtube/x").bearer_auth(rig.token()), "{}").await;
    assert_eq!(got.code(), "unavailable");
    assert_eq!(got.header("retry-after"), Some("2"));
    rig.stop().await;
}

#[actix_web::test]
async fn a_service_that_does_not_answer_is_given_up_in_time() {
    let rig = with_youtube_at(
        raw::service(async |stream| {
            let _open = stream;
            std::future::pending::<()>().await;
        })
        .await,
    )
    .await;
    assert_eq!(
        answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await.code(),
        "gateway_timeout"
    );
    rig.stop().await;
}

#[actix_web::test]
async fn an_answer_that_is_none_is_a_bad_gateway() {
    for answer_bytes in [
        b"nonsense\r\n\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\n\r\nno framing at all",
        b"",
    ] {
        let rig = with_youtube_at(raw::canned(answer_bytes).await).await;
        let got = answer(rig.post("/api/youtube/x").bearer_auth(rig.token())).await;
        assert_eq!(got.code(), "bad_gateway", "{}", String::from_utf8_lossy(answer_bytes));
        rig.stop().await;
    }
}

#[actix_web::test]
async fn half_a_file_is_never_taken_for_a_whole_one() {
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let rig = with_youtube_at(raw::canned(short).await).await;
    let got = cut_answer(&rig).await;
    assert!(got.contains("content-length: 10\r\n") && got.ends_with("\r\n\r\nhalf"), "{got}");
    rig.stop().await;

    let cut = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n4\r\nha";
    let rig = with_youtube_at(raw::canned(cut).await).await;
    let got = cut_answer(&rig).await;
    assert!(got.contains("\r\n4\r\nhalf\r\n") && !got.contains("0\r\n\r\n"), "{got}");
    rig.stop().await;
}

#[actix_web::test]
async fn an_answer_that_stalls_is_cut() {
    let rig = with_youtube_at(
        raw::service(async |mut stream| {
            raw::read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
            std::future::pending::<()>().await;
        })
        .await,
    )
    .await;
    let got = cut_answer(&rig).await;
    assert!(got.ends_with("\r\n\r\nhalf"), "{got}");
    rig.stop().await;
}

#[actix_web::test]
async fn a_body_that_takes_too_long_is_refused() {
    let rig = with_youtube_at(
        raw::service(async |stream| {
            let _open = stream;
            std::future::pending::<()>().await;
        })
        .await,
    )
    .await;
    let request = format!(
        "POST /api/youtube/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 100\r\n\r\nhalf",
        rig.token()
    );
    let got = raw::exchange(rig.gateway.addr(), request.as_bytes()).await;
    assert!(got.starts_with("HTTP/1.1 400 ") && got.contains("invalid_request"), "{got}");
    rig.stop().await;
}

#[actix_web::test]
async fn the_next_process_answers_when_one_cannot_be_reached() {
    let alive = Stub::start("youtube", SECRET);
    let rig = with_youtube_at(format!("{},{}", nowhere().await, alive.url)).await;
    for _ in 0..6 {
        assert_eq!(answer(rig.get("/api/youtube/x").bearer_auth(rig.token())).await.status, 200);
        let post = rig.post("/api/youtube/x").bearer_auth(rig.token());
        assert_eq!(answer_with(post, "{}").await.seen().body_bytes, 2);
    }
    rig.stop().await;
    alive.stop().await;
}

#[actix_web::test]
async fn traffic_resumes_after_a_pause_without_an_error() {
    // The service closes what is idle after a second, long before the gateway would.
    let impatient = Stub::start_with("youtube", SECRET, Duration::from_secs(1));
    let rig = with_youtube_at(impatient.url.clone()).await;
    let token = rig.token();
    for round in 0..3 {
        let asked = (0..32).map(|_| answer(rig.get("/api/youtube/x").bearer_auth(&token)));
        for got in futures_util::future::join_all(asked).await {
            assert_eq!(got.status, 200, "round {round}");
        }
        // Right at the moment when connections are being closed.
        tokio::time::sleep(Duration::from_millis(998)).await;
    }
    rig.stop().await;
    impatient.stop().await;
}

#[actix_web::test]
async fn a_kept_connection_that_died_is_replaced_but_a_change_is_made_once() {
    // Each connection answers once, and is cut without a word when it is used again.
    let url = raw::service(async |mut stream| {
        raw::read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        raw::read_head(&mut stream).await;
    })
    .await;
    let rig = with_youtube_at(url).await;
    let token = rig.token();
    for _ in 0..10 {
        let got = answer(rig.get("/api/youtube/x").bearer_auth(&token)).await;
        assert_eq!((got.status, got.body.as_slice()), (200, b"ok".as_slice()));
    }
    let mut changes = Vec::new();
    for _ in 0..4 {
        changes.push(answer(rig.post("/api/youtube/x").bearer_auth(&token)).await.status);
    }
    assert!(changes.contains(&502), "a POST was repeated: {changes:?}");
    rig.stop().await;
}
