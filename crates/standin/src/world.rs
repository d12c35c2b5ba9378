//! What all connections of one stand-in share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::authority::Authority;
use crate::cdn::Troubles;
use crate::media::MediaLibrary;
use crate::request_log::RequestLog;

pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) media: MediaLibrary,
    pub(crate) troubles: Troubles,
    pub(crate) log: RequestLog,
    started: Instant,
    next_ticket: AtomicU64,
}

impl World {
    pub(crate) fn new(authority: Authority, media: MediaLibrary) -> Self {
        Self {
            authority,
            media,
            troubles: Troubles::default(),
            log: RequestLog::default(),
            started: Instant::now(),
            next_ticket: AtomicU64::new(1),
        }
    }

    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// A number for media addresses, higher than all before: tells fresh addresses from old ones.
    pub(crate) fn issue_ticket(&self) -> u64 {
        self.next_ticket.fetch_add(1, Ordering::Relaxed)
    }

    /// The highest ticket issued so far.
    pub(crate) fn last_ticket(&self) -> u64 {
        self.next_ticket.load(Ordering::Relaxed).saturating_sub(1)
    }
}
