//! The gateway's battery of raw requests against everything that stands behind a real one: whatever
//! is sent, nothing fails inside, nothing hangs, and the next one is served.

use std::time::Duration;

use testkit::{Database, ProcessStack};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[path = "../../../../gateway/tests/it/battery/cases.rs"]
mod cases;

/// Longer than any deadline of the gateway's that these requests meet.
const PATIENCE: Duration = Duration::from_secs(20);
const PROBE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// All that comes back until the server closes.
async fn play(address: &str, request: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let sending = async {
        // The server may close before it has everything.
        let _sent = writer.write_all(request).await;
        // Ends what is still open and in step; elsewhere it is part of a body, or nobody reads it.
        let _probed = writer.write_all(PROBE).await;
    };
    let mut answer = Vec::new();
    let reading = async {
        // A reset ends it as well.
        let _end = reader.read_to_end(&mut answer).await;
    };
    tokio::join!(sending, reading);
    answer
}

#[actix_web::test]
async fn no_raw_request_fails_inside_or_hangs() {
    let stack = ProcessStack::up_with(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("raw").await;
    let address = stack.url().trim_start_matches("http://").to_owned();
    let mut played = 0;
    for case in cases::cases(client.token().unwrap()) {
        let answer = timeout(PATIENCE, play(&address, &case.request)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{} hangs", case.name));
        let answer = String::from_utf8_lossy(&answer);
        let has_failed = answer.contains("HTTP/1.1 5");
        assert!(!has_failed, "{} ({}): {answer}", case.name, case.expected);
        played += 1;
    }
    assert!(played > 300, "{played}");
    assert!(!stack.log().contains("panicked"), "{}", stack.log());
    client.get("/api/youtube/downloads").await.expect(200);
    stack.stop().await;
}
