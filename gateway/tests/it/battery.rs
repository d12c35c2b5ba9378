//! Raw requests, hostile and merely odd, each with the one answer it gets: `battery.txt`.
//!
//! A line is `name | expectation | request`. The expectation lists the status of every answer, in
//! order, then `open` or `close`. A status with `+` is a service's echo: nothing else may reach
//! one. One with `!` is of the parser behind another answer, and bare. After `open`, a further
//! request must be answered in step.

pub(crate) mod cases;

use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    harness::{Rig, Setup},
    stub::Stub,
};

use cases::{Case, cases};

const PATIENCE: Duration = Duration::from_secs(8);
const AT_A_TIME: usize = 16;
const PROBE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: x\r\nx-request-id: probe\r\n\r\n";

/// What happened, in the words of an expectation, or what was wrong with an answer.
async fn play(address: SocketAddr, case: &Case) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may have closed before it had everything.
    let _cut = stream.write_all(&case.request).await;
    let (mut seen, mut buffer) = (String::new(), Vec::new());
    let answers = case.expected.split(' ').count() - 1;
    for _ in 0..answers {
        match next_answer(&mut stream, &mut buffer).await {
            Some(answer) => seen.push_str(&describe(&answer, case.expected)),
            None => break,
        }
    }
    if case.expected.ends_with("open") {
        let _cut = stream.write_all(PROBE).await;
        let probe = next_answer(&mut stream, &mut buffer).await;
        let in_step = probe.is_some_and(|probe| probe.header("x-request-id") == Some("probe"));
        return seen + if in_step { "open" } else { "out of step" };
    }
    seen + match next_answer(&mut stream, &mut buffer).await {
        None => "close",
        Some(_) => "one more",
    }
}

struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

fn describe(answer: &Reply, expected: &str) -> String {
    let mark = if answer.body.contains("\"service\":\"") { "+" } else { "" };
    let is_bare = answer.headers.len() <= 3 && expected.contains('!');
    let mark = if is_bare { "!" } else { mark };
    let mut text = format!("{}{mark} ", answer.status);
    if answer.status >= 400 && !is_bare {
        let is_problem = answer.header("content-type") == Some("application/problem+json");
        let is_safe = answer.header("x-content-type-options") == Some("nosniff")
            && answer.header("x-frame-options").is_some()
            && answer.header("content-security-policy").is_some();
        if !is_problem || !is_safe || answer.header("x-request-id").is_none() {
            write!(text, "(no proper problem: {:?}) ", answer.headers).unwrap();
        }
    }
    text
}

/// The next answer, or nothing when the connection ends first.
async fn next_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Reply> {
    loop {
        if let Some((reply, length)) = parse(buffer) {
            buffer.drain(..length);
            return Some(reply);
        }
        match timeout(PATIENCE, stream.read_buf(buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(_closed) => return None,
            Err(_) => {
                return Some(Reply { status: 0, headers: BTreeMap::new(), body: String::new() });
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Reply, usize)> {
    let head_length = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(bytes.get(..head_length)?).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<_, _> =
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(head_length..head_length + length)?;
    let body = String::from_utf8_lossy(body).into_owned();
    Some((Reply { status, headers, body }, head_length + length))
}

#[actix_web::test]
async fn every_raw_request_has_its_one_answer() {
    let rig: Rig = Setup::default().start().await;
    let token = rig.token();
    let (address, cases) = (rig.gateway.addr(), cases(&token));
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let echoes: usize = cases.iter().map(|case| case.expected.matches('+').count()).sum();
    let played = stream::iter(&cases)
        .map(|case| async move { (case, play(address, case).await) })
        .buffer_unordered(AT_A_TIME);
    let wrong = played
        .filter(|(case, seen)| std::future::ready(case.expected != *seen))
        .map(|(case, seen)| format!("{}: {} expected, got {seen}\n", case.name, case.expected));
    let wrong: Vec<_> = wrong.collect().await;
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.concat());
    let reached = [&rig.auth, &rig.youtube, &rig.database].map(Stub::requests);
    assert_eq!(reached.iter().sum::<u64>(), u64::try_from(echoes).unwrap());
    rig.stop().await;
}
