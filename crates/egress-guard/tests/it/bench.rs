//! What the guard costs, for whoever asks: `--run-ignored only`.

use std::time::Instant;

use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};

use crate::world::{Listener, SITE, World};

const BYTES: usize = 2_000_000_000;

async fn drain(mut stream: TcpStream) -> f64 {
    let began = Instant::now();
    let (mut left, mut buffer) = (BYTES, vec![0; 256 * 1024]);
    while left > 0 {
        let read = stream.read(&mut buffer).await.unwrap();
        left = left.saturating_sub(read);
    }
    1e-6 * 2e9 / began.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn throughput_with_and_without() {
    let origin = Listener::serving(|mut stream| async move {
        let chunk = vec![1; 256 * 1024];
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let world = World::new(&[&origin]);
    let pass = world.pass();
    let direct = drain(TcpStream::connect(origin.address).await.unwrap()).await;
    let target = format!("{SITE}:{}", origin.address.port());
    let guarded = drain(world.tunnel(&pass, &target).await.unwrap()).await;
    println!("{direct:.0} MB/s without, {guarded:.0} MB/s with the guard");
}
