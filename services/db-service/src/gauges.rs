//! What whoever operates this sees of the database and its queue, as metrics.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use service_kit::{Chain, metrics::gauge_value};
use tokio_util::sync::CancellationToken;

use crate::{
    database::{Database, PoolState},
    service::Service,
    store::{backlog, backlog::Backlog, pauses, rescue::Rescued},
};

const JOBS: &str = "queue_jobs";
const OLDEST: &str = "queue_oldest_seconds";
const PAUSE: &str = "site_pause_seconds";
const RECLAIMS: &str = "lease_reclaims_total";
const CONNECTIONS: &str = "database_connections";
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// Looking at a long queue takes a while; it must not take more than this share of the time.
const SHARE: u32 = 50;
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Far more than there are sites that we know of.
const MAX_PLATFORMS: usize = 64;

/// The sites whose services have asked for work. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Platforms(Arc<Mutex<BTreeSet<String>>>);

impl Platforms {
    pub(crate) fn note(&self, platform: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(platform) && known.len() < MAX_PLATFORMS {
            known.insert(platform.to_owned());
            pauses::begin_count(platform);
        }
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Says what each metric means, and begins those that count.
pub(crate) fn describe() {
    metrics::describe_gauge!(JOBS, "Downloads that are pending, held for another try, or running.");
    metrics::describe_gauge!(OLDEST, "How long the oldest download that waits has been there.");
    metrics::describe_gauge!(PAUSE, "For how much longer a site is left alone; 0 if it is not.");
    metrics::describe_counter!(RECLAIMS, "Jobs taken away from a worker whose lease had lapsed.");
    metrics::describe_gauge!(
        CONNECTIONS,
        "Connections of a pool that are idle or in use, and its limit."
    );
    pauses::describe();
    note_rescue(&Rescued::default());
    crate::database::describe();
}

/// Counts what a rescue did.
pub(crate) fn note_rescue(rescued: &Rescued) {
    let counted = [("requeued", rescued.requeued), ("failed", rescued.failed)];
    for (outcome, count) in counted {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        metrics::counter!(RECLAIMS, "outcome" => outcome).increment(count);
    }
}

/// Looks at the pools and the queue every few seconds; less often where the queue is so long that
/// looking at it is work.
pub(crate) async fn measure(service: Service, stop: CancellationToken) {
    let mut pause = MEASURE_EVERY;
    while tokio::time::timeout(pause, stop.cancelled()).await.is_err() {
        show_pools(service.database());
        let began = Instant::now();
        let platforms = service.platforms().all();
        match service.read(move |conn, now| backlog::of(conn, &platforms, now)).await {
            Ok(backlogs) => backlogs.into_iter().for_each(show),
            Err(error) => log::warn!("cannot look at the queue: {}", Chain(&error)),
        }
        let gentle = began.elapsed().saturating_mul(SHARE);
        pause = gentle.clamp(MEASURE_EVERY, LONGEST_PAUSE);
    }
}

fn show(backlog: Backlog) {
    let Backlog { platform, pending, held, running, oldest_ms, pause_ms } = backlog;
    for (state, count) in [("pending", pending), ("held", held), ("running", running)] {
        metrics::gauge!(JOBS, "platform" => platform.clone(), "state" => state)
            .set(gauge_value(count));
    }
    let seconds = |ms| Duration::from_millis(ms).as_secs_f64();
    metrics::gauge!(OLDEST, "platform" => platform.clone()).set(seconds(oldest_ms));
    metrics::gauge!(PAUSE, "platform" => platform).set(seconds(pause_ms));
}

fn show_pools(database: &Database) {
    for PoolState { pool, idle, in_use, limit } in database.pools() {
        for (state, count) in [("idle", idle), ("in_use", in_use), ("limit", limit)] {
            metrics::gauge!(CONNECTIONS, "pool" => pool, "state" => state).set(f64::from(count));
        }
    }
}
