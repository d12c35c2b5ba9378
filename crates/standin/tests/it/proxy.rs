use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use http::StatusCode;
use tokio::io::AsyncReadExt;

use crate::client::{Client, tls, tunnel};
use crate::stand;

#[tokio::test]
async fn hosts_that_are_not_played_are_refused() {
    let standin = stand::start().await;
    for target in ["example.com:443", "googlevideo.com.evil.test:443", "www.youtube.com:80"] {
        assert_eq!(tunnel(&standin, target).await.0, 502, "{target}");
    }
    let answer = Client::to_proxy(&standin).await.get("http://example.com/").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    standin.stop().await;
}

#[tokio::test]
async fn a_certificate_is_for_the_host_that_was_asked_for() {
    let standin = stand::start().await;
    let (_, stream) = tunnel(&standin, "www.youtube.com:443").await;
    assert!(tls(&standin, "i.ytimg.com", stream).await.is_err());
    let (_, stream) = tunnel(&standin, "www.youtube.com:443").await;
    assert!(tls(&standin, "www.youtube.com", stream).await.is_ok());
    standin.stop().await;
}

#[tokio::test]
async fn the_authority_survives_a_restart_and_keeps_its_key_to_itself() {
    let dir = tempfile::tempdir().unwrap();
    let standin = stand::start_in(dir.path()).await;
    let key = fs::read(dir.path().join("ca-key.pem")).unwrap();
    let mode = fs::metadata(dir.path().join("ca-key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let trusted = fs::read(standin.ca_file()).unwrap();
    standin.stop().await;

    let standin = stand::start_in(dir.path()).await;
    assert_eq!(fs::read(dir.path().join("ca-key.pem")).unwrap(), key);
    // Who still trusts the certificate of the first start can go on.
    fs::write(standin.ca_file(), trusted).unwrap();
    Client::to(&standin, "www.youtube.com").await;
    standin.stop().await;
}

#[tokio::test]
async fn stand_ins_that_start_together_share_one_authority() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = tokio::join!(stand::start_in(dir.path()), stand::start_in(dir.path()));
    Client::to(&one, "www.youtube.com").await;
    Client::to(&other, "www.youtube.com").await;
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    for number in 1..=20 {
        let answer = client.get(&format!("/watch?v=OKAY_{number:06}")).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    standin.stop().await;
}

#[tokio::test]
async fn plain_pages_come_without_a_tunnel_and_youtube_only_with_one() {
    let standin = stand::start().await;
    let mut client = Client::to_proxy(&standin).await;
    let page = client.get("http://pages.standin.test/video").await;
    assert!(page.text().contains("/clip.mp4"));
    let answer = client.get("http://www.youtube.com/watch?v=OKAY_000001").await;
    assert_eq!(answer.header("location"), "https://www.youtube.com/watch?v=OKAY_000001");
    let index = client.get("/").await;
    assert!(index.text().contains("PRIVATE_001"));
    standin.stop().await;
}

#[tokio::test]
async fn stopping_ends_open_connections() {
    let standin = stand::start().await;
    let (_, idle) = tunnel(&standin, "www.youtube.com:443").await;
    let mut stream = tls(&standin, "www.youtube.com", idle).await.unwrap();
    standin.stop().await;
    let mut buffer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut buffer));
    ended.await.expect("the connection ends").ok();
}

#[tokio::test]
async fn the_log_tells_what_was_asked() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    client.get("/watch?v=OKAY_000007&bpctr=1").await;
    client.player("TVHTML5", "PRIVATE_001").await;
    let log = standin.log().all();
    assert_eq!(log.len(), 2);
    assert_eq!((log[0].path.as_str(), log[0].query.as_str()), ("/watch", "v=OKAY_000007&bpctr=1"));
    assert_eq!(log[0].video_id.as_deref(), Some("OKAY_000007"));
    assert_eq!(log[1].video_id.as_deref(), Some("PRIVATE_001"));
    standin.log().clear();
    assert!(standin.log().all().is_empty());
    standin.stop().await;
}
