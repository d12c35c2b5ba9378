//! What is let through, and what is not.

use std::time::Duration;

use egress_guard::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{Listener, SITE, World, read_head};

const REFUSED: &str = include_str!("../data/refused_requests.txt");

/// Names that lead where they must not, and a listener there.
async fn hostile_world() -> (World, Listener) {
    let silent = Listener::echoing().await;
    let world = World::new(&[]);
    world.names.set("evil.example.com", &[&["127.0.0.1"]]);
    world.names.set("mixed.example.com", &[&["93.184.216.34", "127.0.0.1"]]);
    world.names.set("six.example.com", &[&["::ffff:127.0.0.1"]]);
    (world, silent)
}

#[tokio::test]
async fn every_hostile_request_is_refused_and_none_is_dialled() {
    let (world, silent) = hostile_world().await;
    let pass = world.pass();
    let mut wrong = Vec::new();
    for line in REFUSED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut parts = line.split("  ").map(str::trim).filter(|part| !part.is_empty());
        let (request, expected) = (parts.next().unwrap(), parts.next().unwrap());
        let answer = world.ask(&pass, &format!("{request}\r\n{{auth}}\r\n")).await;
        if !answer.starts_with(&format!("HTTP/1.1 {expected} ")) {
            wrong.push(format!("{request}: {answer:?} and not {expected}"));
        }
        if expected == "403" {
            assert!(answer.starts_with("HTTP/1.1 403 Magpie-Forbidden-Address\r\n"), "{answer}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(silent.connections(), 0);
    let report = pass.report();
    assert_eq!(report.bytes, 0, "nothing went out");
    assert_eq!(report.refusals.len(), 16, "the first ones are kept");
    assert_eq!(report.refusals.first().unwrap().reason, Reason::Address);
}

#[tokio::test]
async fn a_refusal_is_remembered_without_path_and_query() {
    let (world, _silent) = hostile_world().await;
    let pass = world.pass();
    world.ask(&pass, "GET http://evil.example.com/path?secret=1 HTTP/1.1\r\n{auth}\r\n").await;
    let report = pass.report();
    let refusal = report.refusals.first().unwrap();
    assert_eq!((refusal.target.as_str(), refusal.reason), ("evil.example.com:80", Reason::Address));
}

#[tokio::test]
async fn whoever_holds_the_pass_hears_of_a_refusal_at_once() {
    let (world, _silent) = hostile_world().await;
    let (pass, other) = (world.pass(), world.pass());
    assert!(now(pass.refused()).await.is_none());
    world.tunnel(&pass, "evil.example.com:443").await.unwrap_err();
    assert!(now(pass.refused()).await.is_some());
    assert!(now(other.refused()).await.is_none(), "it is nobody else's");
}

/// What has happened already.
async fn now<T>(event: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::ZERO, event).await.ok()
}

#[tokio::test]
async fn without_credentials_there_is_nothing() {
    let origin = Listener::echoing().await;
    let world = World::new(&[&origin]);
    let pass = world.pass();
    let port = origin.address.port();
    let strange = [
        String::new(),
        "Proxy-Authorization: Basic\r\n".to_owned(),
        "Proxy-Authorization: Basic eDp5\r\n".to_owned(),
        "Proxy-Authorization: Basic !!!\r\n".to_owned(),
        format!("Authorization: {}", world_auth(&pass)),
        format!("{0}{0}", crate::world::authorization(&pass)),
    ];
    for credentials in strange {
        let request = format!("CONNECT {SITE}:{port} HTTP/1.1\r\n{credentials}\r\n");
        let answer = world.ask(&pass, &request).await;
        assert!(answer.starts_with("HTTP/1.1 407 "), "{credentials}: {answer}");
        assert!(answer.contains("Proxy-Authenticate: Basic "), "{answer}");
    }
    assert_eq!(origin.connections(), 0);
}

fn world_auth(pass: &egress_guard::Pass) -> String {
    crate::world::authorization(pass).replace("Proxy-Authorization: ", "")
}

#[tokio::test]
async fn a_pass_that_is_closed_lets_nobody_in() {
    let origin = Listener::echoing().await;
    let world = World::new(&[&origin]);
    let (pass, other) = (world.pass(), world.pass());
    let credentials = crate::world::authorization(&pass);
    drop(pass);
    let request = format!("CONNECT {SITE}:{} HTTP/1.1\r\n{credentials}\r\n", origin.address.port());
    assert!(world.ask(&other, &request).await.starts_with("HTTP/1.1 407 "));
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn a_tunnel_carries_both_directions_and_is_counted() {
    let origin = Listener::echoing().await;
    let world = World::new(&[&origin]);
    let pass = world.pass();
    let mut tunnel =
        world.tunnel(&pass, &format!("{SITE}:{}", origin.address.port())).await.unwrap();
    let sent = vec![7; 300_000];
    let (mut from, mut to) = tunnel.split();
    let mut got = vec![0; sent.len()];
    let (written, read) = tokio::join!(to.write_all(&sent), from.read_exact(&mut got));
    written.unwrap();
    read.unwrap();
    assert_eq!(sent, got);
    let report = pass.report();
    assert_eq!((report.bytes, report.connections), (600_000, 1));
    assert!(report.refusals.is_empty() && report.overrun.is_none());
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_dialled_as_it_was_checked() {
    let origin = Listener::echoing().await;
    let world = World::new(&[&origin]);
    // The second answer is what a rebinding attack is after; nobody asks for it.
    world.names.set(SITE, &[&["127.0.0.1"], &["127.0.0.9"]]);
    let pass = world.pass();
    let target = format!("{SITE}:{}", origin.address.port());
    world.tunnel(&pass, &target).await.unwrap();
    assert_eq!(world.names.asked(), 1);
    // Every connection is checked anew.
    world.names.set("rebind.example.com", &[&["127.0.0.1"], &["10.0.0.1"], &["::1"]]);
    for _ in 0..3 {
        let refused = world.tunnel(&pass, "rebind.example.com:443").await.unwrap_err();
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    }
    assert_eq!(world.names.asked(), 4);
}

#[tokio::test]
async fn plain_http_is_passed_on_with_our_own_head() {
    let origin =
        Listener::answering("HTTP/1.1 200 Fine\r\nConnection: keep-alive\r\nX-Kept: 1").await;
    let world = World::new(&[&origin]);
    let port = origin.address.port();
    let pass = world.pass();
    let request = format!(
        "GET http://{SITE}:{port}/a%2Fb?c=d#e HTTP/1.1\r\nHost: other.example.com\r\n{{auth}}\
         Connection: X-Mine, keep-alive\r\nX-Mine: 1\r\nCookie: k=v\r\n\r\n\
         GET http://{SITE}:{port}/smuggled HTTP/1.1\r\n{{auth}}\r\n"
    );
    let answer = world.ask(&pass, &request).await;
    let asked = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(
        asked,
        format!(
            "GET /a%2Fb?c=d HTTP/1.1\r\nhost: {SITE}:{port}\r\ncookie: k=v\r\n\
             connection: close\r\n\r\n"
        )
    );
    assert!(
        answer.starts_with("HTTP/1.1 200 Fine\r\nx-kept: 1\r\nconnection: close\r\n"),
        "{answer}"
    );
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_body_goes_on_as_far_as_it_said() {
    let origin = Listener::serving(|mut stream| async move {
        read_head(&mut stream).await;
        let mut body = [0; 5];
        stream.read_exact(&mut body).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut more = Vec::new();
        drop(stream.read_to_end(&mut more).await);
        assert!(more.is_empty(), "{more:?}");
    })
    .await;
    let world = World::new(&[&origin]);
    let url = format!("http://{SITE}:{}/", origin.address.port());
    let ask =
        |fields: &str, body: &str| format!("POST {url} HTTP/1.1\r\n{{auth}}{fields}\r\n{body}");
    let pass = world.pass();
    let answer =
        world.ask(&pass, &ask("Content-Length: 5\r\n", "12345GET /x HTTP/1.1\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    for unsure in ["Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n"] {
        let answer = world.ask(&pass, &ask(unsure, "0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 411 "), "{answer}");
    }
}

#[tokio::test]
#[ignore = "wants a public address of its own: unshare --net, `ip link set lo up`, and both added to lo"]
async fn a_public_address_of_this_machine_is_refused_and_one_that_is_permitted_is_not() {
    let origin = Listener::echoing().await;
    let port = origin.address.port();
    let world = World::new(&[&origin]);
    // In one network, so that the second is reached from the first.
    for own in ["198.41.0.4", "198.41.0.5"] {
        assert!(std::net::UdpSocket::bind((own, 0)).is_ok(), "{own} was to be ours");
        world.names.set("ours.example.com", &[&[own]]);
        let pass = world.pass();
        for target in [format!("{own}:443"), "ours.example.com:80".to_owned()] {
            let refused = world.tunnel(&pass, &target).await.unwrap_err();
            assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
        }
        let reasons: Vec<_> = pass.report().refusals.iter().map(|met| met.reason).collect();
        assert_eq!(reasons, [Reason::OwnAddress, Reason::OwnAddress]);
    }
    world.names.set(SITE, &[&["127.0.0.1"]]);
    world.tunnel(&world.pass(), &format!("{SITE}:{port}")).await.unwrap();
}
