//! Sites that are left alone for a while, because they have had enough of us.
//!
//! Every further complaint doubles the pause; a download that succeeds afterwards forgives, and so
//! does a quiet time. What has been complained about waits at its place in the queue and so is what
//! is tried first afterwards.

use std::time::Duration;

use common_types::{
    MediaErrorCode, Timestamp,
    download::{Download, Status},
    internal::jobs::SitePause,
};
use diesel::prelude::*;

use crate::{
    connection::{AnyConnection, on_either},
    error::StoreResult,
    models::value::{instant, slug, to_column},
    schema::site_pauses,
};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// A site that has not complained for this long after a pause, or for twice the pause if that is
/// longer, is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

const PAUSES: &str = "site_pauses_total";
/// What a site complains of.
const REASONS: [MediaErrorCode; 2] =
    [MediaErrorCode::PlatformRateLimited, MediaErrorCode::BotCheck];

pub(crate) fn describe() {
    metrics::describe_counter!(PAUSES, "How often a site was left alone for a while, and why.");
}

/// Shows that a site has not been paused so far.
pub(crate) fn begin_count(platform: &str) {
    REASONS.into_iter().for_each(|reason| count(platform, reason, 0));
}

fn count(platform: &str, reason: MediaErrorCode, by: u64) {
    let labels = [("platform", platform.to_owned()), ("reason", reason.slug().to_owned())];
    metrics::counter!(PAUSES, &labels).increment(by);
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = site_pauses)]
struct PauseRow {
    strikes: i32,
    paused_until: i64,
    reason: String,
}

impl PauseRow {
    fn into_pause(self) -> StoreResult<SitePause> {
        Ok(SitePause {
            until: instant(self.paused_until),
            reason: slug("an error code", &self.reason, MediaErrorCode::from_slug)?,
        })
    }
}

fn find(conn: &mut AnyConnection, platform: &str) -> StoreResult<Option<PauseRow>> {
    let row = site_pauses::table.find(platform).select(PauseRow::as_select()).first(conn);
    Ok(row.optional()?)
}

/// The pause of a site, if it is paused now.
///
/// # Errors
/// The database's.
pub fn current(
    conn: &mut AnyConnection,
    platform: &str,
    now: Timestamp,
) -> StoreResult<Option<SitePause>> {
    let row = find(conn, platform)?.filter(|row| row.paused_until > now.as_millis());
    row.map(PauseRow::into_pause).transpose()
}

/// The site has complained. Complaints that arrive during a pause are of jobs that ran before it.
///
/// # Errors
/// The database's.
pub(crate) fn strike(
    conn: &mut AnyConnection,
    platform: &str,
    reason: MediaErrorCode,
    now: Timestamp,
) -> StoreResult<()> {
    let before = find(conn, platform)?;
    let strikes = match before {
        Some(row) if row.paused_until > now.as_millis() => return Ok(()),
        Some(row) if !is_forgiven(&row, now) => row.strikes.saturating_add(1),
        _ => 1,
    };
    let until = now.as_millis().saturating_add(millis(length(strikes)));
    let columns = (
        site_pauses::strikes.eq(strikes),
        site_pauses::paused_until.eq(until),
        site_pauses::reason.eq(reason.slug()),
    );
    count(platform, reason, 1);
    log::warn!(platform, strikes, reason = reason.slug(); "the site is left alone for a while");
    let upsert = diesel::insert_into(site_pauses::table)
        .values((site_pauses::platform.eq(platform), columns))
        .on_conflict(site_pauses::platform)
        .do_update()
        .set(columns);
    on_either!(conn, conn => upsert.execute(conn)?);
    Ok(())
}

/// The site has served us again after a pause: what was is forgotten.
///
/// # Errors
/// The database's.
pub(crate) fn forgive(conn: &mut AnyConnection, platform: &str, now: Timestamp) -> StoreResult<()> {
    let over =
        site_pauses::table.find(platform).filter(site_pauses::paused_until.le(now.as_millis()));
    diesel::delete(over).execute(conn)?;
    Ok(())
}

fn is_forgiven(row: &PauseRow, now: Timestamp) -> bool {
    let quiet = millis(FORGIVEN_AFTER.max(length(row.strikes).saturating_mul(2)));
    now.as_millis() > row.paused_until.saturating_add(quiet)
}

/// How long the pause after so many complaints is.
fn length(strikes: i32) -> Duration {
    let doublings = u32::try_from(strikes.saturating_sub(1)).unwrap_or(0).min(20);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

fn millis(duration: Duration) -> i64 {
    to_column(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Shows on what waits for a paused site until when it waits at the least.
///
/// # Errors
/// The database's.
pub fn show<'a>(
    conn: &mut AnyConnection,
    downloads: impl Iterator<Item = &'a mut Download>,
    now: Timestamp,
) -> StoreResult<()> {
    let mut pauses: Vec<(String, Option<SitePause>)> = Vec::new();
    for download in downloads.filter(|download| download.status == Status::Pending) {
        let known = pauses.iter().find(|(platform, _)| *platform == download.platform);
        let pause = match known {
            Some((_, pause)) => *pause,
            None => {
                let pause = current(conn, &download.platform, now)?;
                pauses.push((download.platform.clone(), pause));
                pause
            }
        };
        if let Some(pause) = pause.filter(|pause| download.paused_until < Some(pause.until)) {
            download.paused_until = Some(pause.until);
            download.paused_for = Some(pause.reason);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let lengths: Vec<u64> = [1, 2, 3, 9, 10, i32::MAX].map(|n| length(n).as_secs()).into();
        assert_eq!(lengths, [1, 2, 4, 256, 512, 900]);
    }
}
