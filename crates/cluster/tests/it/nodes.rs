//! Several nodes around one Redis.

use std::{
    future::Future,
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};

use cluster::{Heard, RedisAddress, RedisBus};
use temp_redis::TempRedis;
use tokio::{
    sync::broadcast::Receiver,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Longer than any of this takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Nodes {
    pub(crate) redis: Mutex<TempRedis>,
    tasks: Mutex<JoinSet<()>>,
    shutdown: CancellationToken,
}

impl Nodes {
    pub(crate) fn start() -> Self {
        Self {
            redis: Mutex::new(TempRedis::start().unwrap()),
            tasks: Mutex::default(),
            shutdown: CancellationToken::new(),
        }
    }

    pub(crate) fn address(&self) -> RedisAddress {
        self.redis.lock().unwrap().url().parse().unwrap()
    }

    pub(crate) fn run<F>(&self, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.lock().unwrap().spawn(work(self.shutdown.clone()));
    }

    /// A node whose bus hears the others.
    pub(crate) async fn join(&self) -> Arc<RedisBus<String>> {
        let bus = Arc::new(RedisBus::new(&self.address(), "words").unwrap());
        let running = Arc::clone(&bus);
        self.run(|shutdown| async move { running.run(shutdown).await });
        let probe = &bus;
        eventually("the node joins", || async move { probe.is_shared() }).await;
        bus
    }

    /// Ends every node, and sees that they do end.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        let tasks = self.tasks.into_inner().unwrap();
        timeout(PATIENCE, tasks.join_all()).await.expect("a node goes on");
    }

    /// Has the server throw out every client, as a proxy's time-out would.
    pub(crate) fn disconnect_all(&self) {
        let url = self.redis.lock().unwrap().url();
        let mut stream = TcpStream::connect(url.trim_start_matches("redis://")).unwrap();
        stream.write_all(b"CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub\r\n").unwrap();
        let _answer = stream.read(&mut [0; 64]).unwrap();
    }
}

pub(crate) fn word(number: usize) -> String {
    format!("word {number}")
}

/// The next word, whatever was missed before it.
pub(crate) async fn next_word(listener: &mut Receiver<Heard<String>>) -> String {
    let listening = async {
        loop {
            if let Heard::Message(word) = listener.recv().await.unwrap() {
                return word.as_ref().clone();
            }
        }
    };
    timeout(PATIENCE, listening).await.expect("nothing is heard")
}

/// Waits until the listener is told that it missed something; no word may come before.
pub(crate) async fn until_missed(listener: &mut Receiver<Heard<String>>) {
    let heard = timeout(PATIENCE, listener.recv()).await.expect("nothing is heard").unwrap();
    assert!(matches!(heard, Heard::Missed), "{heard:?}");
}

/// Tries until it works out.
pub(crate) async fn eventually<F: Future<Output = bool>>(
    what: &str,
    mut attempt: impl FnMut() -> F,
) {
    let deadline = Instant::now() + PATIENCE;
    while !attempt().await {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}
