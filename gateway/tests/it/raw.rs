//! Bytes on a socket, for clients and services that no library would play.

use std::{future::Future, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Sends `request` as it is and reads until the other side closes, or goes quiet for a while.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while let Ok(Ok(1..)) = timeout(Duration::from_millis(700), stream.read_buf(&mut answer)).await
    {
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// As [`exchange`], but the other side must close in time.
pub(crate) async fn exchange_until_closed(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    // A reset is as good an end as a close.
    let _closed = read.expect("the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads a head up to its blank line.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_closed) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A service that treats each connection with `behave`.
pub(crate) async fn service<F: Future<Output = ()> + Send + 'static>(
    behave: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(stream));
        }
    });
    url
}

/// A service that answers every request with the same bytes and then closes.
pub(crate) async fn canned(answer: &'static [u8]) -> String {
    service(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(answer).await.unwrap();
    })
    .await
}
