//! Whose turn it is: a place in the queue that is fair among users and costs a claim nothing.
//!
//! Every pending download has a turn, and claims go by `(turn, id)`. A user's downloads stand at
//! consecutive turns, the first of them at the turn that is served right now: so the users take
//! turns, as in round robin, and one who asks for a thousand delays another by one download, not by
//! a thousand. The order is fixed when a download is queued, so a claim is the head of an index.

use common_types::download::{DownloadType, Status};
use diesel::{dsl, prelude::*};

use crate::{connection::AnyConnection, error::StoreResult, schema::downloads};

/// The turn of one more single download of the user, whose row is locked.
///
/// Single downloads stand before what the same user asked for in bulk: only they count here.
///
/// # Errors
/// The database's.
pub(crate) fn next_turn(
    conn: &mut AnyConnection,
    platform: &str,
    user_id: i64,
) -> StoreResult<i64> {
    let pending = downloads::table
        .filter(downloads::platform.eq(platform))
        .filter(downloads::status.eq(Status::Pending.slug()));
    let served: Option<i64> = pending.select(dsl::min(downloads::turn)).first(conn)?;
    let last: Option<i64> = pending
        .filter(downloads::user_id.eq(user_id))
        .filter(downloads::kind.eq(DownloadType::Single.slug()))
        .select(dsl::max(downloads::turn))
        .first(conn)?;
    let own = last.map_or(0, |turn| turn.saturating_add(1));
    Ok(own.max(served.unwrap_or(0)))
}
