//! What a whole stack cannot show; the rest is with its tests, where pages lead inside.

use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn without_a_pass_the_engine_reaches_nothing() {
    let work = tempfile::tempdir().unwrap();
    let site = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = site.local_addr().unwrap().port();
    let host = url::Host::parse("127.0.0.1").unwrap();
    let rules = Rules::new(vec![Permit::Host { host, port: Some(port) }]);
    let guard = Guard::start(GuardConfig { rules, ..GuardConfig::default() }).unwrap();
    let yt_dlp = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.engine/bin/yt-dlp");
    let mut config = EngineConfig::new(yt_dlp, work.path().join("work"));
    config.proxy = Some(guard.url().clone());
    config.connect_ports = vec![guard.port()];
    let engine = Engine::start(config).await.unwrap();
    let came = tokio::spawn(async move { site.accept().await.is_ok() });
    assert!(engine.info(&format!("http://127.0.0.1:{port}/")).await.is_err());
    engine.stop().await;
    assert!(!came.is_finished(), "it went there");
}
