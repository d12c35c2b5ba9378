//! What was asked of the stand-in, for tests to look at.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Older requests are forgotten beyond this many.
const CAPACITY: usize = 20_000;

/// One answered request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// Since the stand-in started.
    pub at: Duration,
    pub method: String,
    pub host: String,
    pub path: String,
    /// As it was sent, without the question mark.
    pub query: String,
    /// The `Range` header, if there was one.
    pub range: Option<String>,
    /// The video that the request was about, where that can be told.
    pub video_id: Option<String>,
    /// The format that a media server was asked for.
    pub itag: Option<u16>,
    pub status: u16,
}

impl RecordedRequest {
    /// Whether this asked a media server for bytes of a video.
    pub fn is_media(&self) -> bool {
        self.path == "/videoplayback"
    }
}

/// The requests answered so far, oldest first, bounded.
#[derive(Debug, Default)]
pub struct RequestLog {
    requests: Mutex<VecDeque<RecordedRequest>>,
}

impl RequestLog {
    pub fn all(&self) -> Vec<RecordedRequest> {
        self.matching(|_| true)
    }

    pub fn matching(&self, wanted: impl Fn(&RecordedRequest) -> bool) -> Vec<RecordedRequest> {
        self.lock().iter().filter(|request| wanted(request)).cloned().collect()
    }

    /// What the media servers were asked of this video.
    pub fn media_requests(&self, video_id: &str) -> Vec<RecordedRequest> {
        self.matching(|request| request.is_media() && request.video_id.as_deref() == Some(video_id))
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        let mut requests = self.lock();
        if requests.len() >= CAPACITY {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
