//! The feed of what must be refused before it expires by itself.

use std::time::Duration;

use common_types::{Timestamp, internal::accounts::RevocationFeed};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    models::{session::RevocationRow, value::to_column},
    schema::{revocation_counter, revocations},
};

/// How many revocations one answer of the feed holds at the most.
pub const FEED_LIMIT: u32 = 1000;

/// How long a revocation is kept after its token expired: clocks differ, and verifiers allow for it.
const LEEWAY: Duration = Duration::from_secs(300);

/// Announces ids, each with the time in milliseconds until which it must be refused.
///
/// The counter's row stays locked until the transaction ends, so that a number is visible only
/// when every smaller one is.
///
/// # Errors
/// The database's.
pub(crate) fn announce(conn: &mut AnyConnection, revoked: &[(String, i64)]) -> StoreResult<()> {
    if revoked.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(revoked.len()).unwrap_or(i64::MAX);
    let last: i64 = diesel::update(revocation_counter::table.find(1))
        .set(revocation_counter::last_sequence.eq(revocation_counter::last_sequence + count))
        .returning(revocation_counter::last_sequence)
        .get_result(conn)?;
    let first = last.saturating_sub(count).saturating_add(1);
    for (sequence, (id, expires_at)) in (first..).zip(revoked) {
        let row = RevocationRow { sequence, session_id: id.clone(), expires_at: *expires_at };
        diesel::insert_into(revocations::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// What was revoked after the cursor `after`, oldest first.
///
/// A cursor that lies ahead of us is from before the database was restored: the feed begins anew.
///
/// # Errors
/// The database's.
pub fn feed(conn: &mut AnyConnection, after: i64, limit: u32) -> StoreResult<RevocationFeed> {
    // Read before the rows: what comes in between is then seen twice rather than never.
    let last: i64 =
        revocation_counter::table.find(1).select(revocation_counter::last_sequence).first(conn)?;
    let after = if after > last { 0 } else { after };
    let limit = i64::from(limit.clamp(1, FEED_LIMIT));
    let mut rows = revocations::table
        .filter(revocations::sequence.gt(after))
        .order(revocations::sequence)
        .limit(limit.saturating_add(1))
        .select(RevocationRow::as_select())
        .load(conn)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let seen = rows.last().map_or(after, |row| row.sequence);
    let items = rows.into_iter().map(RevocationRow::into_revocation).collect::<StoreResult<_>>()?;
    Ok(RevocationFeed { items, cursor: if more { seen } else { seen.max(last) }, more })
}

/// Forgets revocations of what has expired by itself, at most `limit` of them.
///
/// # Errors
/// The database's.
pub(crate) fn purge(conn: &mut AnyConnection, now: Timestamp, limit: u64) -> StoreResult<usize> {
    let leeway = i64::try_from(LEEWAY.as_millis()).unwrap_or(i64::MAX);
    let lapsed = revocations::table
        .filter(revocations::expires_at.le(now.as_millis().saturating_sub(leeway)))
        .order(revocations::expires_at)
        .limit(to_column(limit))
        .select(revocations::sequence)
        .load::<i64>(conn)?;
    let lapsed = revocations::table.filter(revocations::sequence.eq_any(lapsed));
    Ok(diesel::delete(lapsed).execute(conn)?)
}
