//! A guard among names and servers that a test makes up.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use egress_guard::{Allowance, Guard, GuardConfig, Pass, Permit, Resolver, Rules};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Generous: the machine may be busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const SITE: &str = "site.example.com";

/// What names resolve to: each time the next of a list, then the last again and again.
#[derive(Clone, Default)]
pub(crate) struct Names {
    known: Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.known.lock().unwrap().insert(name.to_owned(), answers);
    }

    /// How often anything was resolved.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn resolver(&self) -> Resolver {
        let names = self.clone();
        Resolver::new(move |name| {
            names.asked.fetch_add(1, Ordering::SeqCst);
            let mut known = names.known.lock().unwrap();
            let answer = known.get_mut(&name).and_then(|answers| {
                if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() }
            });
            async move { answer.ok_or_else(|| std::io::Error::other("no such name")) }
        })
    }
}

/// A listener on loopback that counts who comes.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) count: Arc<AtomicUsize>,
}

impl Listener {
    /// Hands every connection to `serve`.
    pub(crate) async fn serving<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, count }
    }

    /// Sends back whatever comes.
    pub(crate) async fn echoing() -> Self {
        Self::serving(|mut stream| async move {
            let (mut from, mut to) = stream.split();
            drop(tokio::io::copy(&mut from, &mut to).await);
        })
        .await
    }

    /// Answers the first request with `answer` and all that it was asked, and closes.
    pub(crate) async fn answering(answer: &'static str) -> Self {
        Self::serving(move |mut stream| async move {
            let asked = read_head(&mut stream).await;
            let body = String::from_utf8_lossy(&asked).into_owned();
            drop(stream.write_all(format!("{answer}\r\n\r\n{body}").as_bytes()).await);
        })
        .await
    }

    pub(crate) fn connections(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// A guard that lets a job reach `site.example.com` at the ports of `servers`, on loopback.
pub(crate) struct World {
    pub(crate) guard: Guard,
    pub(crate) names: Names,
}

impl World {
    pub(crate) fn new(servers: &[&Listener]) -> Self {
        Self::with(servers, |_| {})
    }

    pub(crate) fn with(servers: &[&Listener], adjust: impl FnOnce(&mut GuardConfig)) -> Self {
        let names = Names::default();
        names.set(SITE, &[&["127.0.0.1"]]);
        let permit = |server: &&Listener| Permit::Host {
            host: url::Host::parse(SITE).unwrap(),
            port: Some(server.address.port()),
        };
        let rules = Rules::new(servers.iter().map(permit).collect());
        let mut config =
            GuardConfig { rules, resolver: names.resolver(), ..GuardConfig::default() };
        adjust(&mut config);
        Self { guard: Guard::start(config).unwrap(), names }
    }

    pub(crate) fn pass(&self) -> Pass {
        self.pass_of(u64::MAX, Duration::from_secs(600))
    }

    pub(crate) fn pass_of(&self, max_bytes: u64, max_age: Duration) -> Pass {
        self.guard.open(Allowance { label: "test".to_owned(), max_bytes, max_age }).unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.guard.port())).await.unwrap()
    }

    /// Sends `request`, in which `{auth}` stands for the credentials of `pass`; the whole answer.
    pub(crate) async fn ask(&self, pass: &Pass, request: &str) -> String {
        let mut stream = self.connect().await;
        let request = request.replace("{auth}", &authorization(pass));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        drop(timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer"));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A tunnel to `target`, or the answer that refused it.
    pub(crate) async fn tunnel(&self, pass: &Pass, target: &str) -> Result<TcpStream, String> {
        let mut stream = self.connect().await;
        let request = format!("CONNECT {target} HTTP/1.1\r\n{}\r\n", authorization(pass));
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = timeout(PATIENCE, read_head(&mut stream)).await.expect("an answer");
        let head = String::from_utf8_lossy(&head).into_owned();
        if head.starts_with("HTTP/1.1 200 ") { Ok(stream) } else { Err(head) }
    }
}

pub(crate) fn authorization(pass: &Pass) -> String {
    let url = pass.proxy_url();
    let credentials = format!("{}:{}", url.username(), url.password().unwrap());
    format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(credentials))
}

/// To the empty line, or to the end.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    head
}

/// Waits until the stream is closed or broken from the other side.
pub(crate) async fn ends(stream: &mut TcpStream) {
    let drain = async { while matches!(stream.read(&mut [0; 4096]).await, Ok(1..)) {} };
    timeout(PATIENCE, drain).await.expect("the connection ends");
}
