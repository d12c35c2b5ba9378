//! Jobs whose worker is gone: their lease has lapsed, so another may try, or nobody may any more.

use common_types::{
    MediaErrorCode, MediaProblem, Timestamp, download::Status, internal::changes::Mark,
};
use diesel::prelude::*;

use crate::{
    connection::{AnyConnection, load_locked},
    error::StoreResult,
    models::download::DownloadRow,
    schema::downloads,
    store::{collections, downloads::ended_run, outcomes::failure},
};

/// How many jobs one rescue takes on.
const BATCH: i64 = 100;

/// What a rescue did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Back in the queue.
    pub requeued: usize,
    /// Ended as failed, having been tried `max_attempts` times.
    pub failed: usize,
    /// All of them.
    pub marks: Vec<Mark>,
}

impl Rescued {
    /// Whether there may be more than one transaction takes on.
    pub fn is_full(&self) -> bool {
        let taken = self.requeued.saturating_add(self.failed);
        i64::try_from(taken).is_ok_and(|taken| taken >= BATCH)
    }
}

/// Takes up to a hundred jobs with a lapsed lease away from their holders.
///
/// # Errors
/// The database's.
pub fn rescue(conn: &mut AnyConnection, max_attempts: u32, now: Timestamp) -> StoreResult<Rescued> {
    let mut rescued = Rescued::default();
    let max_attempts = i32::try_from(max_attempts).unwrap_or(i32::MAX);
    for lapsed in lapsed(conn, now)? {
        let row = downloads::table.find(&lapsed.id);
        rescued.marks.push(lapsed.mark()?);
        if lapsed.attempts < max_attempts {
            diesel::update(row)
                .set((downloads::status.eq(Status::Pending.slug()), ended_run()))
                .execute(conn)?;
            rescued.requeued = rescued.requeued.saturating_add(1);
        } else {
            diesel::update(row)
                .set((
                    downloads::status.eq(Status::Failed.slug()),
                    downloads::completed_at.eq(now.as_millis()),
                    failure(&gave_up(lapsed.attempts)),
                    ended_run(),
                ))
                .execute(conn)?;
            collections::item_moved(conn, &lapsed, Status::Downloading, Status::Failed, now)?;
            rescued.failed = rescued.failed.saturating_add(1);
        }
    }
    Ok(rescued)
}

/// Passes by what someone else has locked: its holder may just be renewing or ending it.
fn lapsed(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Vec<DownloadRow>> {
    let query = downloads::table
        .filter(downloads::status.eq(Status::Downloading.slug()))
        .filter(downloads::lease_until.lt(now.as_millis()))
        .order(downloads::id)
        .limit(BATCH);
    Ok(load_locked!(conn, query, DownloadRow, skip_locked))
}

fn gave_up(attempts: i32) -> MediaProblem {
    let code = MediaErrorCode::EngineError;
    let error = match attempts {
        1 => "The worker that ran this download stopped in the middle of it.".to_owned(),
        _ => format!(
            "The worker that ran this download stopped in the middle of it, {attempts} times."
        ),
    };
    MediaProblem { error_code: code, error, remedy: code.remedy().to_owned() }
}
