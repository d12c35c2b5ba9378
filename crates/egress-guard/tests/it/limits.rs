//! How much, how long, how many.

use std::time::{Duration, Instant};

use egress_guard::Overrun;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::{Listener, PATIENCE, SITE, World, authorization, ends, read_head};

fn target(origin: &Listener) -> String {
    format!("{SITE}:{}", origin.address.port())
}

/// Sends without end.
async fn pouring() -> Listener {
    Listener::serving(
        |mut stream| async move { while stream.write_all(&[1; 65536]).await.is_ok() {} },
    )
    .await
}

#[tokio::test]
async fn closing_a_pass_cuts_what_runs_at_once() {
    let origin = pouring().await;
    let world = World::new(&[&origin]);
    let (pass, other) = (world.pass(), world.pass());
    let mut cut: Vec<TcpStream> = Vec::new();
    for _ in 0..4 {
        let mut tunnel = world.tunnel(&pass, &target(&origin)).await.unwrap();
        tunnel.read_exact(&mut [0; 1000]).await.unwrap();
        cut.push(tunnel);
    }
    let mut unharmed = world.tunnel(&other, &target(&origin)).await.unwrap();
    let began = Instant::now();
    drop(pass);
    for tunnel in &mut cut {
        ends(tunnel).await;
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    unharmed.read_exact(&mut vec![0; 1_000_000]).await.unwrap();
}

#[tokio::test]
async fn a_pass_is_cut_when_its_bytes_are_spent() {
    let origin = pouring().await;
    let world = World::new(&[&origin]);
    let pass = world.pass_of(1_000_000, PATIENCE);
    let mut tunnel = world.tunnel(&pass, &target(&origin)).await.unwrap();
    ends(&mut tunnel).await;
    let report = pass.report();
    assert_eq!(report.overrun, Some(Overrun::Bytes));
    assert!((1_000_000..1_300_000).contains(&report.bytes), "{report:?}");
    // Nor is there any more for a new connection.
    let again = world.tunnel(&pass, &target(&origin)).await;
    if let Ok(mut again) = again {
        ends(&mut again).await;
    }
}

#[tokio::test]
async fn a_pass_is_cut_when_its_time_is_over_and_that_runs_from_its_first_use() {
    let origin = pouring().await;
    let world = World::new(&[&origin]);
    let pass = world.pass_of(u64::MAX, Duration::from_millis(300));
    tokio::time::sleep(Duration::from_millis(400)).await;
    let mut tunnel = world.tunnel(&pass, &target(&origin)).await.expect("it was never used");
    ends(&mut tunnel).await;
    assert_eq!(pass.report().overrun, Some(Overrun::Age));
}

#[tokio::test]
async fn a_connection_without_life_ends() {
    let origin = Listener::echoing().await;
    let world = World::with(&[&origin], |config| config.idle_patience = Duration::from_millis(200));
    let pass = world.pass();
    let mut tunnel = world.tunnel(&pass, &target(&origin)).await.unwrap();
    ends(&mut tunnel).await;
    assert_eq!(pass.report().overrun, None);
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_is_not_waited_for() {
    let world = World::with(&[], |config| config.head_patience = Duration::from_millis(200));
    let mut slow = world.connect().await;
    slow.write_all(b"CONNECT a").await.unwrap();
    ends(&mut slow).await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let world = World::new(&[]);
    let pass = world.pass();
    let request = format!("GET http://e/ HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    assert!(world.ask(&pass, &request).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_pass_has_so_many_connections_and_others_theirs() {
    let origin = Listener::echoing().await;
    let world = World::new(&[&origin]);
    let (pass, other) = (world.pass(), world.pass());
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(world.tunnel(&pass, &target(&origin)).await.unwrap());
    }
    let refused = world.tunnel(&pass, &target(&origin)).await.unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    world.tunnel(&other, &target(&origin)).await.unwrap();
    open.clear();
    let began = Instant::now();
    while world.tunnel(&pass, &target(&origin)).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the places are free again");
    }
}

#[tokio::test]
async fn strangers_do_not_keep_out_whom_we_know() {
    let origin = Listener::echoing().await;
    let world = World::with(&[&origin], |config| config.head_patience = Duration::from_millis(500));
    let pass = world.pass();
    let mut known = world.tunnel(&pass, &target(&origin)).await.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..400 {
        strangers.push(world.connect().await);
    }
    known.write_all(b"ping").await.unwrap();
    known.read_exact(&mut [0; 4]).await.unwrap();
    let began = Instant::now();
    // Those that fell silent are gone soon.
    while !try_tunnel(&world, &pass, &target(&origin)).await {
        assert!(began.elapsed() < PATIENCE);
    }
}

async fn try_tunnel(world: &World, pass: &egress_guard::Pass, target: &str) -> bool {
    let mut stream = world.connect().await;
    let request = format!("CONNECT {target} HTTP/1.1\r\n{}\r\n", authorization(pass));
    stream.write_all(request.as_bytes()).await.is_ok()
        && read_head(&mut stream).await.starts_with(b"HTTP/1.1 200 ")
}

#[tokio::test]
async fn a_guard_that_is_dropped_takes_its_connections_along() {
    let origin = pouring().await;
    let world = World::new(&[&origin]);
    let pass = world.pass();
    let mut tunnel = world.tunnel(&pass, &target(&origin)).await.unwrap();
    drop(world);
    ends(&mut tunnel).await;
}
