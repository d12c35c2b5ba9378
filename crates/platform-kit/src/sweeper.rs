//! Looks after what is kept: files go when their time has come, and what a crash left behind goes too.
//!
//! The rows decide. A file is given up in the database first and removed then, so that whatever is
//! lost in between is an object without a row, which the next sweep removes. All that is done is
//! logged, and counted in `swept_total`.

mod jobs;
mod objects;
mod pictures;
mod retention;

use std::{
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use db_client::{DbClient, DbError};
use media_engine::Engine;
use media_store::{Store, StoreError};
use service_kit::{Chain, Clock};
use tokio_util::sync::CancellationToken;

use crate::Platform;

pub use objects::owner;

/// Where the store keeps the files of single downloads, of batches and of playlists.
pub(crate) const SINGLE_FILES: &str = "singlelink";
pub(crate) const BATCH_FILES: &str = "multilink";
pub(crate) const PLAYLIST_FILES: &str = "playlist";

/// A job tells its end within its lease, or has lost it; ten times that is long enough for any delay.
const LEASES_TO_SETTLE: u32 = 10;
const EXPIRE_EVERY: Duration = Duration::from_secs(30);
/// How many rounds of expiry lie between two sweeps: an hour.
const ROUNDS_PER_SWEEP: u32 = 120;
const SWEPT: &str = "swept_total";

// What is swept, in logs and in metrics.
const EXPIRED: &str = "expired files";
const DIRECTORIES: &str = "left-behind job directories";
const OBJECTS: &str = "objects without a row";
const ROWS: &str = "rows without an object";
const PICTURES: &str = "old pictures";

/// Why something could not be looked after; the next round tries again.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("asking the database")]
    Database(#[from] DbError),
    #[error("reading the store")]
    Store(#[from] StoreError),
    #[error("reading a directory")]
    Directory(#[from] std::io::Error),
    #[error("the task was lost")]
    Lost(#[from] actix_web::error::BlockingError),
}

/// Looks after the files of one platform and what this node keeps beside them.
pub(crate) struct Sweeper {
    platform: Arc<dyn Platform>,
    engine: Engine,
    store: Store,
    pictures: PathBuf,
    clock: Clock,
    /// What was stored more recently may belong to a job that is just telling its end.
    settled_after: Duration,
}

/// How long after it was stored a file that no row names is nobody's.
pub fn settled_after(lease: Duration) -> Duration {
    lease.saturating_mul(LEASES_TO_SETTLE)
}

impl Sweeper {
    pub(crate) fn new(
        platform: Arc<dyn Platform>,
        engine: Engine,
        store: Store,
        pictures: PathBuf,
        lease: Duration,
    ) -> Self {
        let settled_after = settled_after(lease);
        Self { platform, engine, store, pictures, clock: Clock::system(), settled_after }
    }

    /// The time as files have it, so long ago.
    fn ago(&self, age: Duration) -> SystemTime {
        let now = u64::try_from(self.clock.now().as_millis()).unwrap_or_default();
        let then = Duration::from_millis(now).saturating_sub(age);
        SystemTime::UNIX_EPOCH.checked_add(then).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Sweeps at once, for a crash may lie behind us, and then as time goes by, until `shutdown`.
    pub(crate) async fn run(self, client: DbClient, shutdown: CancellationToken) {
        describe();
        let client = Rc::new(client);
        let mut round = 0;
        while !shutdown.is_cancelled() {
            let work = async {
                note(EXPIRED, self.expire(&client).await);
                // What is kept of a job for its next attempt is of no use once another node has
                // ended it, and takes room.
                note(DIRECTORIES, self.sweep_job_directories(&client).await);
                if round == 0 {
                    note(OBJECTS, self.sweep_objects(&client).await);
                    note(ROWS, self.note_lost_files(&client).await);
                    note(PICTURES, self.sweep_pictures().await);
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = work => {}
            }
            round = (round + 1) % ROUNDS_PER_SWEEP;
            // A sweep that stops half-way goes on where it is begun anew.
            let _over = tokio::time::timeout(EXPIRE_EVERY, shutdown.cancelled()).await;
        }
    }
}

fn describe() {
    metrics::describe_counter!(SWEPT, "What the sweeper removed or gave up.");
    for what in [EXPIRED, DIRECTORIES, OBJECTS, ROWS, PICTURES] {
        metrics::counter!(SWEPT, "what" => what).increment(0);
    }
}

/// Logs and counts what a sweep of `what` did.
fn note(what: &'static str, swept: Result<u64, SweepError>) {
    match swept {
        Ok(0) => {}
        Ok(count) => {
            log::info!(count; "swept {what}");
            metrics::counter!(SWEPT, "what" => what).increment(count);
        }
        Err(error) => log::warn!("sweeping {what} failed: {}", Chain(&error)),
    }
}

/// A count of things.
fn count_of<T>(things: &[T]) -> u64 {
    u64::try_from(things.len()).unwrap_or(u64::MAX)
}
