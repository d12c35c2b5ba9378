//! Heartbeats: a node renews the leases of all its jobs at once, and brings how far they are.

use common_types::{
    Timestamp,
    internal::{
        changes::Mark,
        jobs::{Heartbeat, HeartbeatAnswer, JobProgress, LeaseHolder},
    },
};
use diesel::{dsl::case_when, prelude::*, sql_types::Double};

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    models::{download::KnownColumns, value::to_column},
    schema::downloads,
    store::{claims::lease_end, outcomes::held},
};

/// 100 is for files that can be fetched.
const HIGHEST_PROGRESS: f64 = 99.9;

/// Renews and records; names the jobs that are not the node's any more, and marks the others.
///
/// # Errors
/// The database's.
pub fn beat(
    conn: &mut AnyConnection,
    heartbeat: &Heartbeat,
    now: Timestamp,
) -> StoreResult<(HeartbeatAnswer, Vec<Mark>)> {
    let mut jobs: Vec<&JobProgress> = heartbeat.jobs.iter().collect();
    // Transactions that lock several rows lock them in one order, or they would deadlock.
    jobs.sort_by_key(|job| job.id);
    let (mut lost, mut marks) = (Vec::new(), Vec::new());
    let lease_until = lease_end(now, heartbeat.lease_ms);
    for job in jobs {
        let holder = LeaseHolder { node_id: heartbeat.node_id, attempt: job.attempt };
        match record(conn, &holder, job, lease_until)? {
            Some(user_id) => marks.push(Mark { user_id, id: job.id }),
            None => lost.push(job.id),
        }
    }
    Ok((HeartbeatAnswer { lost }, marks))
}

/// Whose job it is, if it was still the holder's.
fn record(
    conn: &mut AnyConnection,
    holder: &LeaseHolder,
    job: &JobProgress,
    lease_until: i64,
) -> StoreResult<Option<i64>> {
    let progress = job.progress.clamp(0.0, HIGHEST_PROGRESS);
    let reached = progress.into_sql::<Double>();
    let user_id = diesel::update(downloads::table)
        .filter(held(job.id, holder))
        .set((
            downloads::lease_until.eq(lease_until),
            downloads::phase.eq(job.phase.slug()),
            downloads::progress
                .eq(case_when(downloads::progress.lt(progress), reached)
                    .otherwise(downloads::progress)),
            downloads::downloaded_bytes.eq(to_column(job.downloaded_bytes)),
            downloads::total_bytes.eq(job.total_bytes.map(to_column)),
            downloads::speed_bps.eq(job.speed_bps),
            downloads::eta_seconds.eq(job.eta_seconds.map(to_column)),
            KnownColumns::from(&job.known),
        ))
        .returning(downloads::user_id)
        .get_result(conn)
        .optional()?;
    Ok(user_id)
}
