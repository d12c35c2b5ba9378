//! Large bodies, either way, and those who leave in the middle.

use std::{fs, time::Duration};

use actix_web::web::Bytes;
use awc::http::Method;
use futures_util::{StreamExt, stream};
use gateway::Options;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    harness::{Rig, Setup, answer, answer_with, eventually},
    raw,
};

const MIB: u64 = 1024 * 1024;

/// The resident size of this process, gateway and stubs included, in KiB.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[actix_web::test]
async fn large_answers_stream_with_their_length_and_flat_memory() {
    let rig = Rig::start().await;
    let total = 64 * MIB;
    let path = format!("/api/youtube/big/{total}");
    let mut response = rig.get(&path).bearer_auth(rig.token()).send().await.unwrap();
    assert_eq!(response.headers().get("content-length").unwrap(), &total.to_string());
    assert!(response.headers().get("transfer-encoding").is_none());
    let before = resident_kib();
    let (mut read, mut peak) = (0_u64, before);
    while let Some(piece) = response.next().await {
        read += u64::try_from(piece.unwrap().len()).unwrap();
        peak = peak.max(resident_kib());
    }
    assert_eq!(read, total);
    assert!(peak - before < 16 * 1024, "grew by {} KiB", peak - before);
    rig.stop().await;
}

#[actix_web::test]
async fn large_requests_stream_with_their_length_and_flat_memory() {
    let options = Options { max_body_bytes: 128 * MIB, ..Options::default() };
    let rig = Setup { options, ..Setup::default() }.start().await;
    let total = 64 * MIB;
    let piece = Bytes::from(vec![1; 64 * 1024]);
    let pieces = move || {
        let piece = piece.clone();
        stream::iter(0..1024).map(move |_| Ok::<_, actix_web::Error>(piece.clone()))
    };
    let before = resident_kib();
    let upload = || rig.post("/api/youtube/upload").bearer_auth(rig.token());
    let sized = actix_web::body::SizedStream::new(total, pieces());
    let mut response = upload().send_body(sized).await.unwrap();
    let seen: (u64, String) = serde_json::from_slice(&response.body().await.unwrap()).unwrap();
    assert_eq!(seen, (total, total.to_string()));
    let mut response = upload().send_stream(pieces()).await.unwrap();
    let seen: (u64, String) = serde_json::from_slice(&response.body().await.unwrap()).unwrap();
    assert_eq!(seen, (total, "none".to_owned()));
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "grew by {grown} KiB");
    rig.stop().await;
}

#[actix_web::test]
async fn a_reader_that_pauses_holds_the_service_back() {
    let rig = Rig::start().await;
    let mut response =
        rig.get("/api/youtube/endless").bearer_auth(rig.token()).send().await.unwrap();
    response.next().await.unwrap().unwrap();
    let before = resident_kib();
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "grew by {grown} KiB");
    drop(response);
    rig.stop().await;
}

#[actix_web::test]
async fn head_has_the_length_of_get_and_no_body() {
    let rig = Rig::start().await;
    let request = rig.request(Method::HEAD, "/api/youtube/big/5000000").bearer_auth(rig.token());
    let got = answer(request).await;
    assert_eq!((got.status, got.header("content-length")), (200, Some("5000000")));
    assert_eq!(got.header("accept-ranges"), Some("bytes"));
    assert!(got.body.is_empty());
    rig.stop().await;
}

#[actix_web::test]
async fn a_body_beyond_the_limit_is_refused_and_never_forwarded_whole() {
    let rig = Rig::start().await;
    let upload = || rig.post("/api/youtube/upload").bearer_auth(rig.token());
    let fits = answer_with(upload(), vec![1; 1024 * 1024]).await;
    assert_eq!(fits.status, 200);
    let request = format!(
        "POST /api/youtube/upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 67108864\r\n\r\n",
        rig.token()
    );
    let declared = raw::exchange(rig.gateway.addr(), request.as_bytes()).await;
    assert!(declared.starts_with("HTTP/1.1 413 "), "{declared}");
    assert!(declared.contains("payload_too_large"), "{declared}");
    let pieces =
        stream::iter(0..17).map(|_| Ok::<_, actix_web::Error>(Bytes::from(vec![1; 65_536])));
    let mut chunked = upload().send_stream(pieces).await.unwrap();
    assert_eq!(chunked.status(), 413);
    assert!(chunked.body().await.unwrap().windows(17).any(|w| w == b"payload_too_large"));
    rig.stop().await;
}

#[actix_web::test]
async fn a_service_may_refuse_before_it_has_read_the_body() {
    let rig = Rig::start().await;
    for _ in 0..20 {
        let early = rig.post("/api/youtube/problem").bearer_auth(rig.token());
        assert_eq!(answer_with(early, vec![1; 1024 * 1024]).await.status, 409);
    }
    rig.stop().await;
}

#[actix_web::test]
async fn an_encoded_body_is_refused() {
    let rig = Rig::start().await;
    let request = rig.post("/api/auth/login").insert_header(("content-encoding", "br"));
    assert_eq!(answer_with(request, "x").await.code(), "unsupported_media_type");
    rig.stop().await;
}

#[actix_web::test]
async fn a_client_that_leaves_takes_its_request_along() {
    let rig = Rig::start().await;
    for path in ["hang", "endless"] {
        let mut stream = TcpStream::connect(rig.gateway.addr()).await.unwrap();
        let request = format!(
            "GET /api/youtube/{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
            rig.token()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let youtube = &rig.youtube;
        eventually("the service works on it", || async { youtube.held() == 1 }).await;
        drop(stream);
        eventually("the service was told", || async { youtube.held() == 0 }).await;
    }
    rig.stop().await;
}

#[actix_web::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_takes_its_request_along() {
    let rig = Rig::start().await;
    let mut stream = TcpStream::connect(rig.gateway.addr()).await.unwrap();
    let request = format!(
        "POST /api/youtube/hang HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: 1000\r\n\r\nhalf",
        rig.token()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let youtube = &rig.youtube;
    eventually("the service works on it", || async { youtube.held() == 1 }).await;
    drop(stream);
    eventually("the service was told", || async { youtube.held() == 0 }).await;
    rig.stop().await;
}
