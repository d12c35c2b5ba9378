//! Through the operator's own proxy.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use crate::world::{Listener, World, read_head};

type Heads = Arc<Mutex<Vec<String>>>;

/// A proxy that answers every request with `answer`, echoes after a 200, and remembers what it was
/// asked.
async fn proxy(answer: &'static str) -> (Listener, Heads) {
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    let listener = Listener::serving(move |mut stream| {
        let seen = Arc::clone(&seen);
        async move {
            let head = read_head(&mut stream).await;
            seen.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            drop(stream.write_all(format!("{answer}\r\n\r\n").as_bytes()).await);
            if answer.contains(" 200 ") && head.starts_with(b"CONNECT") {
                let (mut from, mut to) = stream.split();
                drop(tokio::io::copy(&mut from, &mut to).await);
            }
        }
    })
    .await;
    (listener, heads)
}

fn behind(proxy: &Listener, credentials: &str) -> World {
    let url = Url::parse(&format!("http://{credentials}{}", proxy.address)).unwrap();
    World::with(&[], |config| config.upstream = Some(url))
}

#[tokio::test]
async fn a_tunnel_leads_through_it_with_its_own_credentials() {
    let (proxy, heads) = proxy("HTTP/1.1 200 Sure").await;
    let world = behind(&proxy, "op:s%40cret@");
    let pass = world.pass();
    let mut tunnel = world.tunnel(&pass, "www.youtube.com:443").await.unwrap();
    tunnel.write_all(b"ping").await.unwrap();
    let mut echoed = [0; 4];
    tunnel.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"ping");
    let head = heads.lock().unwrap().concat();
    assert_eq!(
        head,
        "CONNECT www.youtube.com:443 HTTP/1.1\r\nHost: www.youtube.com:443\r\n\
         Proxy-Authorization: Basic b3A6c0BjcmV0\r\n\r\n"
    );
}

#[tokio::test]
async fn plain_http_keeps_its_absolute_form_and_nothing_follows_it() {
    let (proxy, heads) = proxy("HTTP/1.1 200 Sure").await;
    let world = behind(&proxy, "");
    let pass = world.pass();
    let request = "GET http://Example.COM/a HTTP/1.1\r\n{auth}\r\n\
        GET http://169.254.169.254/ HTTP/1.1\r\n{auth}\r\n";
    assert!(world.ask(&pass, request).await.starts_with("HTTP/1.1 200 Sure\r\n"));
    let head = heads.lock().unwrap().concat();
    assert_eq!(
        head,
        "GET http://example.com/a HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n"
    );
}

#[tokio::test]
async fn literals_and_local_names_are_refused_before_it_is_asked() {
    let (proxy, _) = proxy("HTTP/1.1 200 Sure").await;
    let world = behind(&proxy, "");
    let pass = world.pass();
    for target in ["127.0.0.1:443", "[::1]:80", "localhost:443", "db:443", "x.local:80", "e.com:22"]
    {
        let refused = world.tunnel(&pass, target).await.unwrap_err();
        assert!(refused.starts_with("HTTP/1.1 403 Magpie-Forbidden-Address\r\n"), "{refused}");
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn its_refusal_is_told_and_its_question_is_not() {
    for (answer, expected) in [
        ("HTTP/1.1 403 Magpie-Forbidden-Address", "HTTP/1.1 403 Magpie-Forbidden-Address\r\n"),
        ("HTTP/1.1 502 Bad Gateway", "HTTP/1.1 502 Bad Gateway\r\n"),
        ("HTTP/1.1 407 Who", "HTTP/1.1 502 Bad Gateway\r\n"),
        ("HTTP/1.1 302 Elsewhere", "HTTP/1.1 502 Bad Gateway\r\n"),
        ("nonsense", "HTTP/1.1 502 Bad Gateway\r\n"),
    ] {
        let (proxy, _) = proxy(answer).await;
        let world = behind(&proxy, "");
        let refused = world.tunnel(&world.pass(), "e.com:443").await.unwrap_err();
        assert!(refused.starts_with(expected), "{answer}: {refused}");
    }
}
