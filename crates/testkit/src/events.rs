//! A user's events, read as a browser would.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use awc::error::PayloadError;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde_json::Value;

use crate::Client;

/// Generous: an event comes within a second, and a heartbeat within fifteen.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    pub event: String,
    pub id: Option<String>,
    pub data: Value,
}

/// An open stream of events.
pub struct Events {
    body: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>,
    text: String,
    ready: VecDeque<Event>,
}

impl Client {
    /// Opens the user's events, perhaps where it left off.
    pub async fn events(&self, last_event_id: Option<&str>) -> Events {
        let mut request = self.request("/api/youtube/events");
        if let Some(id) = last_event_id {
            request = request.insert_header(("Last-Event-ID", id));
        }
        let answer = request.send().await.expect("the events can be opened");
        assert_eq!(answer.status(), 200);
        let kind = answer.headers().get("content-type").map(|kind| kind.as_bytes().to_vec());
        assert_eq!(kind.as_deref(), Some(b"text/event-stream".as_slice()));
        Events { body: Box::pin(answer), text: String::new(), ready: VecDeque::new() }
    }
}

impl Events {
    /// The next event; none when the server has ended the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await;
            let chunk = chunk.expect("something is heard within half a minute")?;
            let Ok(chunk) = chunk else { return None };
            self.text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                self.ready.extend(parse(block));
                self.text = rest.to_owned();
            }
        }
    }

    /// The next event that fits; those before it are passed over.
    pub async fn find(&mut self, fits: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if fits(&event) {
                return event;
            }
        }
    }
}

/// A block of lines; one without data is no event.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(field, _)| *field == name).map(|(_, value)| value.to_owned())
    };
    let data = field("data")?;
    let data = serde_json::from_str(&data).expect("data is JSON");
    Some(Event { event: field("event").unwrap_or_default(), id: field("id"), data })
}
