//! What a connection may cost: slow heads, idle ones, readers that do not read, too many of them.

use std::{net::SocketAddr, time::Duration};

use gateway::Options;
use service_kit::connection::ConnectionLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    harness::{Rig, Setup, eventually},
    raw,
};

const PATIENCE: Duration = Duration::from_secs(10);

fn hurried() -> ConnectionLimits {
    ConnectionLimits {
        head: Duration::from_millis(500),
        idle: Duration::from_millis(1500),
        stall: Duration::from_millis(800),
        ..ConnectionLimits::default()
    }
}

async fn rig(connections: ConnectionLimits) -> Rig {
    let options = Options { connections, ..Options::default() };
    Setup { options, ..Setup::default() }.start().await
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn read_answer(stream: &mut TcpStream) -> String {
    let head = timeout(PATIENCE, raw::read_head(stream)).await.expect("no answer");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8_lossy(&body)
}

/// What comes until the other side closes, which it must.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    let _reset = read.expect("the connection stays open");
    String::from_utf8_lossy(&rest).into_owned()
}

/// Sends a byte every 50 ms until the other side closes.
async fn dribble(stream: &mut TcpStream, byte: u8) {
    let began = Instant::now();
    while stream.write_all(&[byte]).await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "dribbling is never cut off");
        let mut answer = [0];
        if timeout(Duration::from_millis(50), stream.peek(&mut answer)).await.is_ok() {
            return;
        }
    }
}

fn assert_refusal(answer: &str, status: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    for part in ["application/problem+json", "nosniff", "x-request-id: ", "connection: close"] {
        assert!(answer.contains(part), "{part} is missing: {answer}");
    }
}

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";

#[actix_web::test]
async fn every_head_has_a_deadline_not_only_the_first() {
    let rig = rig(hurried()).await;
    for requests_before in [0, 1, 3] {
        let mut stream = connect(rig.gateway.addr()).await;
        for _ in 0..requests_before {
            stream.write_all(LIVEZ).await.unwrap();
            assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
        }
        stream.write_all(b"GET /livez HTTP/1.1\r\nx: ").await.unwrap();
        dribble(&mut stream, b'y').await;
        assert_refusal(&rest(&mut stream).await, "408");
    }
    rig.stop().await;
}

#[actix_web::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let rig = rig(hurried()).await;
    let mut stream = connect(rig.gateway.addr()).await;
    stream.write_all(LIVEZ).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(rest(&mut stream).await, "");
    rig.stop().await;
}

#[actix_web::test]
async fn an_answer_under_way_is_not_idle() {
    let rig = rig(hurried()).await;
    let mut stream = connect(rig.gateway.addr()).await;
    let request = format!(
        "GET /api/youtube/hang HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        rig.token()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let youtube = &rig.youtube;
    eventually("the service works on it", || async { youtube.held() == 1 }).await;
    let quiet = timeout(Duration::from_secs(3), stream.read_u8()).await;
    assert!(quiet.is_err() && youtube.held() == 1);
    drop(stream);
    rig.stop().await;
}

#[actix_web::test]
async fn a_reader_that_does_not_read_is_cut_off_and_one_that_is_slow_is_not() {
    let rig = rig(hurried()).await;
    let request = format!(
        "GET /api/youtube/endless HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        rig.token()
    );
    let youtube = &rig.youtube;
    let mut slow = connect(rig.gateway.addr()).await;
    slow.write_all(request.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut piece = vec![0; 1024 * 1024];
    while began.elapsed() < Duration::from_secs(3) {
        assert!(timeout(PATIENCE, slow.read_exact(&mut piece)).await.unwrap().is_ok());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(youtube.held(), 1);
    // From here on it does not read.
    eventually("the service was told", || async { youtube.held() == 0 }).await;
    rig.stop().await;
}

#[actix_web::test]
async fn an_old_connection_ends_with_its_next_answer() {
    let rig = rig(ConnectionLimits { age: Duration::from_millis(300), ..hurried() }).await;
    let mut stream = connect(rig.gateway.addr()).await;
    stream.write_all(LIVEZ).await.unwrap();
    assert!(!read_answer(&mut stream).await.contains("connection: close"));
    tokio::time::sleep(Duration::from_millis(350)).await;
    stream.write_all(LIVEZ).await.unwrap();
    let last = read_answer(&mut stream).await;
    assert!(last.starts_with("HTTP/1.1 200 ") && last.contains("connection: close"), "{last}");
    assert_eq!(rest(&mut stream).await, "");
    rig.stop().await;
}

#[actix_web::test]
async fn an_address_holds_so_many_connections_at_a_time() {
    let limits =
        ConnectionLimits { per_address: 3, count_loopback: true, ..ConnectionLimits::default() };
    let rig = rig(limits).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(rig.gateway.addr()).await;
        stream.write_all(LIVEZ).await.unwrap();
        assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
        held.push(stream);
    }
    let refused = raw::exchange_until_closed(rig.gateway.addr(), LIVEZ).await;
    assert_refusal(&refused, "429");
    assert!(refused.contains("retry-after: ") && refused.contains("rate_limited"), "{refused}");
    drop(held);
    let address = rig.gateway.addr();
    eventually("there is a place again", || async move {
        let mut stream = connect(address).await;
        stream.write_all(LIVEZ).await.is_ok()
            && read_answer(&mut stream).await.starts_with("HTTP/1.1 200 ")
    })
    .await;
    rig.stop().await;
}

#[actix_web::test]
async fn a_body_that_nobody_wants_is_not_read_to_its_end() {
    let rig = rig(ConnectionLimits::for_strangers()).await;
    let chunk = [b"10000\r\n".as_slice(), &[7; 65_536], b"\r\n"].concat();
    for framing in ["content-length: 1073741824", "transfer-encoding: chunked"] {
        let mut stream = connect(rig.gateway.addr()).await;
        let head = format!(
            "POST /api/youtube/upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer bad\r\n\
             {framing}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut sent = 0_usize;
        while sent < 1024 && timeout(PATIENCE, stream.write_all(&chunk)).await.unwrap().is_ok() {
            sent += 1;
        }
        assert!(sent < 400, "{framing}: {sent} pieces of 64 KiB were taken");
    }
    assert_eq!(rig.youtube.requests(), 0);
    rig.stop().await;
}
