//! What whoever operates this sees of jobs and deliveries, as metrics.

use std::time::{Duration, Instant};

use common_types::{MediaErrorCode, download::Status};
use media_engine::Engine;
use service_kit::metrics::gauge_value;
use tokio_util::sync::CancellationToken;

const ENDED: &str = "jobs_ended_total";
const DURATION: &str = "job_duration_seconds";
const FETCHED: &str = "jobs_fetched_bytes_total";
const WORKERS: &str = "engine_workers";
const DELIVERED: &str = "delivery_bytes_total";
const CUT: &str = "deliveries_cut_total";
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// In the place of an error code where there is none.
const NO_CODE: &str = "none";

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    /// For good.
    Failed(MediaErrorCode),
    /// It will be tried again.
    Retried(MediaErrorCode),
    Cancelled,
    /// Handed back to the queue, as this process ends.
    Released,
    /// Another one has the job now, or the database could not be told.
    Lost,
}

impl Ending {
    /// After a failure, by what became of the download.
    pub(crate) const fn of_failure(code: MediaErrorCode, status: Status) -> Self {
        match status {
            Status::Pending => Self::Retried(code),
            _ => Self::Failed(code),
        }
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Retried(_) => "retried",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Failed(code) | Self::Retried(code) => code.slug(),
            _ => NO_CODE,
        }
    }
}

/// Counts the attempts of one platform's jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    platform: &'static str,
}

impl Tally {
    /// Says what each metric means, and begins those that count.
    pub(crate) fn of(platform: &'static str) -> Self {
        metrics::describe_counter!(ENDED, "Attempts of downloads, by how they ended and why.");
        metrics::describe_histogram!(DURATION, "How long attempts of downloads took.");
        metrics::describe_counter!(FETCHED, "Bytes of the files that completed downloads brought.");
        metrics::describe_gauge!(WORKERS, "Downloads that run on this node, and how many may.");
        metrics::describe_counter!(DELIVERED, "Bytes of files and archives sent to clients.");
        metrics::describe_counter!(
            CUT,
            "Deliveries that broke off because a file could not be read."
        );
        let outcomes = [Ending::Completed, Ending::Cancelled, Ending::Released, Ending::Lost];
        for code in MediaErrorCode::ALL {
            for ending in [Ending::Failed(*code), Ending::Retried(*code)] {
                count(platform, ending, 0);
            }
        }
        outcomes.into_iter().for_each(|ending| count(platform, ending, 0));
        metrics::counter!(FETCHED, "platform" => platform).increment(0);
        metrics::counter!(DELIVERED, "by" => "service").increment(0);
        metrics::counter!(CUT, "by" => "service").increment(0);
        Self { platform }
    }

    /// An attempt that began then has ended.
    pub(crate) fn ended(self, ending: Ending, began: Instant) {
        let (platform, outcome) = (self.platform, ending.outcome());
        count(platform, ending, 1);
        metrics::histogram!(DURATION, "platform" => platform, "outcome" => outcome)
            .record(began.elapsed().as_secs_f64());
    }

    /// A file has been put into the store.
    pub(crate) fn fetched(self, size_bytes: u64) {
        metrics::counter!(FETCHED, "platform" => self.platform).increment(size_bytes);
    }

    /// Shows how busy the engine is, until `stop`.
    pub(crate) async fn measure(self, engine: Engine, stop: CancellationToken) {
        let platform = self.platform;
        loop {
            for (state, count) in [("busy", engine.busy()), ("limit", engine.max_jobs())] {
                let count = gauge_value(u64::try_from(count).unwrap_or(u64::MAX));
                metrics::gauge!(WORKERS, "platform" => platform, "state" => state).set(count);
            }
            if tokio::time::timeout(MEASURE_EVERY, stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}

fn count(platform: &'static str, ending: Ending, by: u64) {
    let labels = [("platform", platform), ("outcome", ending.outcome()), ("code", ending.code())];
    metrics::counter!(ENDED, &labels).increment(by);
}

/// Bytes of a file or archive have been given to the client's connection.
pub(crate) fn delivered(bytes: usize) {
    metrics::counter!(DELIVERED, "by" => "service")
        .increment(u64::try_from(bytes).unwrap_or(u64::MAX));
}

/// A delivery had to be cut.
pub(crate) fn cut() {
    metrics::counter!(CUT, "by" => "service").increment(1);
}
