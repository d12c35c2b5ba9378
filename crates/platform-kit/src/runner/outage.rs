//! An outage of the database, told once and not with every attempt.

use std::time::{Duration, Instant};

use db_client::DbError;
use service_kit::Chain;

/// How often the queue is looked at without being told: jobs also come from other nodes and from
/// leases that lapsed.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Whether, and since when, nothing can be claimed.
pub(super) struct Outage {
    what: &'static str,
    since: Option<Instant>,
}

impl Outage {
    /// Of claims of `what`.
    pub(super) const fn of(what: &'static str) -> Self {
        Self { what, since: None }
    }

    /// Notes how an attempt went, and says how long to wait for the next.
    pub(super) fn note(&mut self, failure: Option<&DbError>) -> Duration {
        let what = self.what;
        match (failure, self.since) {
            (Some(failure), None) => {
                log::warn!("cannot claim {what}: {}", Chain(failure));
                self.since = Some(Instant::now());
                RETRY_INTERVAL
            }
            (Some(_), Some(_)) => RETRY_INTERVAL,
            (None, Some(since)) => {
                log::info!("claiming {what} again after {} s", since.elapsed().as_secs());
                self.since = None;
                POLL_INTERVAL
            }
            (None, None) => POLL_INTERVAL,
        }
    }
}
