//! What a filtering proxy refuses is told from what a site refuses.

use common_types::{MediaErrorCode, media::Quality};
use media_engine::FORBIDDEN_ADDRESS_MARKER;
use standin::scenarios;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::site::{Site, mp4};

/// A proxy that answers everything with a 403 and this reason phrase; its URL.
async fn refusing_proxy(reason: &'static str) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(refuse(stream, reason));
        }
    });
    url::Url::parse(&format!("http://{address}")).unwrap()
}

async fn refuse(mut stream: TcpStream, reason: &'static str) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap() == 0 {
            return;
        }
    }
    let answer = format!("HTTP/1.1 403 {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn an_address_that_the_guard_refuses_is_a_forbidden_one() {
    let guard = refusing_proxy(FORBIDDEN_ADDRESS_MARKER).await;
    let site = Site::with(|config| {
        config.proxy = Some(guard);
        config.allowed_extractors = vec!["default".to_owned()];
    })
    .await;
    for url in [
        scenarios::OKAY.url(1).as_str(),
        "http://169.254.169.254/latest/video.mp4",
        "https://[::1]/video.mp4",
    ] {
        let told = site.engine.info(url).await.unwrap_err();
        assert_eq!(told.code(), MediaErrorCode::ForbiddenAddress, "{url}: {told:?}");
        assert_eq!(site.fail(url, mp4(Quality::P720)).await, MediaErrorCode::ForbiddenAddress);
        let told = site.engine.playlist(url, 0, 50).await.unwrap_err();
        assert_eq!(told.code(), MediaErrorCode::ForbiddenAddress, "{url}: {told:?}");
    }
    site.stop().await;
}

#[tokio::test]
async fn another_refusal_of_the_proxy_is_a_network_error() {
    let proxy = refusing_proxy("Forbidden").await;
    let site = Site::with(|config| config.proxy = Some(proxy)).await;
    let told = site.engine.info(&scenarios::OKAY.url(1)).await.unwrap_err();
    assert_eq!(told.code(), MediaErrorCode::NetworkError, "{told:?}");
    site.stop().await;
}
