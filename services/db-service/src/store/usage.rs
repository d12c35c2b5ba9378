//! What an account uses, and whether it may have more.

use common_types::{
    ErrorCode, Timestamp,
    account::{Quota, Usage},
    download::Status,
};
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::{account::AccountRow, value::from_column},
    schema::{downloads, playlists},
};

const DAY_MS: i64 = 86_400_000;

/// What the user has in the store, asked for today (UTC), and has running or waiting, lists that are
/// being read included.
///
/// # Errors
/// The database's.
pub fn of(conn: &mut AnyConnection, user_id: i64, now: Timestamp) -> StoreResult<Usage> {
    let mine = downloads::table.filter(downloads::user_id.eq(user_id));
    let midnight = now.as_millis().saturating_sub(now.as_millis().rem_euclid(DAY_MS));
    let today: i64 = mine.filter(downloads::created_at.ge(midnight)).count().get_result(conn)?;
    let active: i64 = mine.filter(downloads::status.eq_any(ACTIVE)).count().get_result(conn)?;
    // A list that nobody has read yet stands for at least one.
    let lists = playlists::table.filter(playlists::user_id.eq(user_id));
    let unread: i64 = lists.filter(playlists::total.is_null()).count().get_result(conn)?;
    Ok(Usage {
        stored_bytes: stored_bytes(conn, user_id)?,
        downloads_today: from_column(today),
        active_downloads: from_column(active.saturating_add(unread)),
    })
}

fn stored_bytes(conn: &mut AnyConnection, user_id: i64) -> StoreResult<u64> {
    // A sum of BIGINT is NUMERIC on PostgreSQL.
    let sum = sql::<BigInt>("CAST(COALESCE(SUM(file_size), 0) AS BIGINT)");
    let mine = downloads::table.filter(downloads::user_id.eq(user_id));
    let kept = mine.filter(downloads::file_removed_at.is_null());
    let stored: i64 = kept.select(sum).first(conn)?;
    Ok(from_column(stored))
}

/// Whether the account, whose row is locked, has room for a file of this size.
///
/// # Errors
/// `quota_exceeded`.
pub(crate) fn admit_file(
    conn: &mut AnyConnection,
    account: &AccountRow,
    size_bytes: u64,
) -> StoreResult<()> {
    match account.quota().max_stored_bytes {
        Some(max) if stored_bytes(conn, account.id)?.saturating_add(size_bytes) > max => {
            let detail = "The storage has no room for a file of this size.";
            Err(StoreError::refused(ErrorCode::QuotaExceeded, detail))
        }
        _ => Ok(()),
    }
}

const ACTIVE: [&str; 2] = [Status::Pending.slug(), Status::Downloading.slug()];

/// Whether the account, whose row is locked, may ask for so many more downloads.
///
/// # Errors
/// `quota_exceeded`.
pub(crate) fn admit(
    conn: &mut AnyConnection,
    account: &AccountRow,
    more: u64,
    now: Timestamp,
) -> StoreResult<()> {
    check(conn, account, account.quota(), more, now)
}

/// Whether the account may have so many downloads tried again, which it asked for before.
///
/// # Errors
/// `quota_exceeded`.
pub(crate) fn admit_again(
    conn: &mut AnyConnection,
    account: &AccountRow,
    more: u64,
    now: Timestamp,
) -> StoreResult<()> {
    check(conn, account, Quota { max_downloads_per_day: None, ..account.quota() }, more, now)
}

/// How many downloads more the account may ask for now; none: as many as it likes. What asks may be
/// among what is active: it then holds so many places already.
///
/// # Errors
/// The database's.
pub(crate) fn left(
    conn: &mut AnyConnection,
    account: &AccountRow,
    held: u64,
    now: Timestamp,
) -> StoreResult<Option<u64>> {
    let quota = account.quota();
    if quota == Quota::default() {
        return Ok(None);
    }
    let usage = of(conn, account.id, now)?;
    if quota.max_stored_bytes.is_some_and(|max| usage.stored_bytes >= max) {
        return Ok(Some(0));
    }
    let today = quota.max_downloads_per_day.map(|max| max.saturating_sub(usage.downloads_today));
    let busy = usage.active_downloads.saturating_sub(held);
    let active = quota.max_active_downloads.map(|max| max.saturating_sub(busy));
    Ok(today.into_iter().chain(active).min())
}

fn check(
    conn: &mut AnyConnection,
    account: &AccountRow,
    quota: Quota,
    more: u64,
    now: Timestamp,
) -> StoreResult<()> {
    if quota == Quota::default() {
        return Ok(());
    }
    let usage = of(conn, account.id, now)?;
    let is_full = |used: u64, limit: Option<u64>| {
        limit.is_some_and(|limit| used.saturating_add(more) > limit)
    };
    let refused = |detail| Err(StoreError::refused(ErrorCode::QuotaExceeded, detail));
    if quota.max_stored_bytes.is_some_and(|max| usage.stored_bytes >= max) {
        refused("Your storage is full; delete downloads that you no longer need.")
    } else if is_full(usage.downloads_today, quota.max_downloads_per_day) {
        let detail = "That is more than the downloads that you may still ask for today.";
        let code = ErrorCode::QuotaExceeded;
        Err(StoreError::refused_for(code, detail, seconds_to_midnight(now)))
    } else if is_full(usage.active_downloads, quota.max_active_downloads) {
        refused("That is more than you may have under way; wait until some have ended.")
    } else {
        Ok(())
    }
}

/// Until the next day begins (UTC), rounded up.
fn seconds_to_midnight(now: Timestamp) -> u64 {
    let left = DAY_MS.saturating_sub(now.as_millis().rem_euclid(DAY_MS));
    from_column(left).div_ceil(1000)
}
