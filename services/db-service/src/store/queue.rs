//! Whose turn it is: a place in the queue that is fair among users and costs a claim nothing.
//!
//! Every pending download has a turn, and claims go by it; at equal turns, a single download stands
//! before what was asked for in bulk. A user's downloads stand at consecutive turns, the first of
//! them at the turn that is served right now: so the users take turns, as in round robin, and one
//! who asks for a thousand delays another by one download, not by a thousand. The order is fixed
//! when a download is queued, so a claim is the head of an index.

use common_types::download::{DownloadType, Status};
use diesel::{dsl, prelude::*};

use crate::{connection::AnyConnection, error::StoreResult, schema::downloads};

/// The turn of one more single download of the user, whose row is locked.
///
/// It stands before what the same user asked for in bulk: only single ones count here.
///
/// # Errors
/// The database's.
pub(crate) fn next_turn(
    conn: &mut AnyConnection,
    platform: &str,
    user_id: i64,
) -> StoreResult<i64> {
    let last = last_turn(conn, platform, user_id, &[DownloadType::Single.slug()])?;
    after(conn, platform, last)
}

/// The turn of the first of several more downloads of the user, whose row is locked; the others
/// follow at one turn each. They stand behind everything that the user has waiting.
///
/// # Errors
/// The database's.
pub(crate) fn next_bulk_turn(
    conn: &mut AnyConnection,
    platform: &str,
    user_id: i64,
) -> StoreResult<i64> {
    let kinds: Vec<&str> = DownloadType::ALL.iter().map(|kind| kind.slug()).collect();
    let last = last_turn(conn, platform, user_id, &kinds)?;
    after(conn, platform, last)
}

fn last_turn(
    conn: &mut AnyConnection,
    platform: &str,
    user_id: i64,
    kinds: &[&str],
) -> StoreResult<Option<i64>> {
    let last = downloads::table
        .filter(downloads::status.eq(Status::Pending.slug()))
        .filter(downloads::platform.eq(platform))
        .filter(downloads::user_id.eq(user_id))
        .filter(downloads::kind.eq_any(kinds))
        .select(dsl::max(downloads::turn))
        .first(conn)?;
    Ok(last)
}

/// The turn behind a user's last, and never one that has been served. What is held does not count:
/// its turn is of long ago.
fn after(conn: &mut AnyConnection, platform: &str, last: Option<i64>) -> StoreResult<i64> {
    let served: Option<i64> = downloads::table
        .filter(downloads::status.eq(Status::Pending.slug()))
        .filter(downloads::platform.eq(platform))
        .filter(downloads::held_until.is_null())
        .select(dsl::min(downloads::turn))
        .first(conn)?;
    let own = last.map_or(0, |turn| turn.saturating_add(1));
    Ok(own.max(served.unwrap_or(0)))
}
