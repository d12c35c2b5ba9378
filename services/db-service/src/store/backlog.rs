//! What waits and runs, over all users: for whoever operates this.

use common_types::{Timestamp, download::Status};
use diesel::{dsl, prelude::*};

use crate::{
    connection::{AnyConnection, on_either},
    error::StoreResult,
    models::value::from_column,
    schema::{downloads, site_pauses},
};

/// The queue of one site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    pub platform: String,
    /// Those that could run now, and those that wait to be tried again.
    pub pending: u64,
    pub held: u64,
    pub running: u64,
    /// How long the oldest of the pending and held ones has been there.
    pub oldest_ms: u64,
    /// For how much longer the site is left alone.
    pub pause_ms: u64,
}

type Waiting = (String, i64, i64, Option<i64>);

/// The queue of each of `platforms`. It reads every row that waits, and so is for now and then.
///
/// # Errors
/// The database's.
pub fn of(
    conn: &mut AnyConnection,
    platforms: &[String],
    now: Timestamp,
) -> StoreResult<Vec<Backlog>> {
    let waiting = waiting(conn)?;
    let running = running(conn)?;
    let pauses = pauses(conn, now)?;
    let of_one = |platform: &String| {
        let (_, all, held, oldest) =
            waiting.iter().find(|(name, ..)| name == platform).cloned().unwrap_or_default();
        let of = |list: &[(String, i64)]| {
            list.iter().find(|(name, _)| name == platform).map_or(0, |(_, value)| *value)
        };
        let since = |then: i64| from_column(now.as_millis().saturating_sub(then).max(0));
        Backlog {
            platform: platform.clone(),
            pending: from_column(all.saturating_sub(held)),
            held: from_column(held),
            running: from_column(of(&running)),
            oldest_ms: oldest.map_or(0, since),
            pause_ms: from_column(of(&pauses).saturating_sub(now.as_millis()).max(0)),
        }
    };
    Ok(platforms.iter().map(of_one).collect())
}

fn waiting(conn: &mut AnyConnection) -> StoreResult<Vec<Waiting>> {
    let query = downloads::table
        .filter(downloads::status.eq(Status::Pending.slug()))
        .group_by(downloads::platform)
        .select((
            downloads::platform,
            dsl::count_star(),
            dsl::count(downloads::held_until),
            dsl::min(downloads::created_at),
        ));
    Ok(on_either!(conn, conn => query.load(conn)?))
}

fn running(conn: &mut AnyConnection) -> StoreResult<Vec<(String, i64)>> {
    let query = downloads::table
        .filter(downloads::status.eq(Status::Downloading.slug()))
        .group_by(downloads::platform)
        .select((downloads::platform, dsl::count_star()));
    Ok(on_either!(conn, conn => query.load(conn)?))
}

/// Until when.
fn pauses(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Vec<(String, i64)>> {
    let paused = site_pauses::table
        .filter(site_pauses::paused_until.gt(now.as_millis()))
        .select((site_pauses::platform, site_pauses::paused_until));
    Ok(paused.load(conn)?)
}
