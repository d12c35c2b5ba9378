//! Trying again by itself what may pass: how often, and how long after.

use std::time::Duration;

use common_types::{
    MediaProblem, Timestamp,
    download::Status,
    internal::{changes::Mark, jobs::Outlook},
};
use diesel::prelude::*;

use crate::{
    connection::{AnyConnection, load_locked},
    error::StoreResult,
    models::{download::DownloadRow, value::to_column},
    schema::downloads,
};

const FIRST: Duration = Duration::from_secs(1);
const FACTOR: u32 = 3;
const LONGEST: Duration = Duration::from_secs(300);
/// How many downloads one tick lets go.
const BATCH: i64 = 500;

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: it has failed.
    Nothing,
    /// Another attempt, at the earliest then.
    After(Timestamp),
    /// Another attempt, once the site is not paused any more.
    AfterPause,
}

/// How often, and for how long, a job is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub max_attempts: u32,
    /// No attempt for what may pass begins later than this after the first one: a user waits for the
    /// whole, not for an attempt.
    pub budget: Duration,
}

/// A failed attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed {
    pub(crate) outlook: Outlook,
    /// The number of the attempt, from 1.
    pub(crate) attempts: i32,
    /// When the first one began.
    pub(crate) since: Timestamp,
    /// Spreads the waits of jobs that failed together.
    pub(crate) seed: u64,
}

impl RetryPolicy {
    /// What follows a failed attempt.
    pub(crate) fn next(&self, failed: &Failed, now: Timestamp) -> Next {
        let attempts = u32::try_from(failed.attempts);
        let may_try = attempts.is_ok_and(|attempts| attempts < self.max_attempts);
        match failed.outlook {
            Outlook::Transient if may_try => {
                let wait = millis(backoff(failed.attempts, failed.seed));
                let then = Timestamp::from_millis(now.as_millis().saturating_add(wait));
                let is_in_time = then.since(failed.since) < self.budget;
                if is_in_time { Next::After(then) } else { Next::Nothing }
            }
            Outlook::SitePause if may_try => Next::AfterPause,
            _ => Next::Nothing,
        }
    }
}

/// One second, three, nine … and up to a quarter more, so that what failed together is not tried
/// again all at once.
fn backoff(attempts: i32, seed: u64) -> Duration {
    let steps = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(10);
    let wait = FIRST.saturating_mul(FACTOR.saturating_pow(steps)).min(LONGEST);
    let extra = wait.saturating_mul(u32::try_from(seed % 251).unwrap_or(0)) / 1000;
    wait.saturating_add(extra)
}

fn millis(duration: Duration) -> i64 {
    to_column(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// The columns of a download that is to be tried again.
#[derive(AsChangeset)]
#[diesel(table_name = downloads)]
pub(crate) struct Held {
    status: &'static str,
    held_until: Option<i64>,
    held_for: Option<&'static str>,
}

/// `until` is none where only the site's pause holds it up.
pub(crate) fn held(until: Option<Timestamp>, problem: &MediaProblem) -> Held {
    Held {
        status: Status::Pending.slug(),
        held_until: until.map(Timestamp::as_millis),
        held_for: until.map(|_| problem.error_code.slug()),
    }
}

/// Whether something is held that need not be any more.
///
/// # Errors
/// The database's.
pub fn are_due(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<bool> {
    let due = downloads::table.filter(downloads::held_until.le(now.as_millis()));
    Ok(due.select(downloads::id).first::<String>(conn).optional()?.is_some())
}

/// Lets go what was held until now, at most five hundred downloads, and marks them.
///
/// # Errors
/// The database's.
pub fn let_go(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Vec<Mark>> {
    let due = downloads::table
        .filter(downloads::held_until.le(now.as_millis()))
        .order(downloads::id)
        .limit(BATCH);
    let rows: Vec<DownloadRow> = load_locked!(conn, due, DownloadRow, skip_locked);
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    diesel::update(downloads::table.filter(downloads::id.eq_any(ids)))
        .set((downloads::held_until.eq(None::<i64>), downloads::held_for.eq(None::<String>)))
        .execute(conn)?;
    rows.iter().map(DownloadRow::mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ_but_have_an_end() {
        assert_eq!(backoff(1, 0), Duration::from_secs(1));
        assert_eq!(backoff(3, 0), Duration::from_secs(9));
        assert_eq!(backoff(50, 0), LONGEST);
        assert_eq!(backoff(1, 250), Duration::from_millis(1250));
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_only_so_often_and_so_long() {
        let policy = RetryPolicy { max_attempts: 3, budget: Duration::from_secs(60) };
        let at = |millis| Timestamp::from_millis(millis);
        let next = |outlook, attempts, now| {
            policy.next(&Failed { outlook, attempts, since: at(0), seed: 0 }, at(now))
        };
        assert_eq!(next(Outlook::Permanent, 1, 1000), Next::Nothing);
        assert_eq!(next(Outlook::SitePause, 2, 1000), Next::AfterPause);
        assert_eq!(next(Outlook::SitePause, 3, 1000), Next::Nothing);
        assert_eq!(next(Outlook::SitePause, 1, 90_000), Next::AfterPause, "waiting was our idea");
        assert_eq!(next(Outlook::Transient, 1, 1000), Next::After(at(2000)));
        assert_eq!(next(Outlook::Transient, 3, 1000), Next::Nothing);
        assert_eq!(next(Outlook::Transient, 1, 59_500), Next::Nothing);
    }
}
