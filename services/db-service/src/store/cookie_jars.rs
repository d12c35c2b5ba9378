//! Users' cookies for sites: kept as they come, sealed.

use common_types::{
    ErrorCode, Timestamp,
    internal::cookies::{CookieRecord, MAX_SEALED_BYTES, SealedCookies},
};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::value::{instant, text},
    schema::cookie_jars,
    store::accounts,
};

const PLATFORM_CHARS: usize = 40;

/// Keeps what is sealed, in place of what was kept.
///
/// # Errors
/// `not_found`; `account_disabled`; `payload_too_large`.
pub fn put(
    conn: &mut AnyConnection,
    user_id: i64,
    platform: &str,
    new: &SealedCookies,
    now: Timestamp,
) -> StoreResult<CookieRecord> {
    if new.sealed.len() > MAX_SEALED_BYTES {
        return Err(StoreError::refused(ErrorCode::PayloadTooLarge, "There are too many cookies."));
    }
    // Whoever puts holds the user's row, so that two of them cannot both insert.
    accounts::lock_active(conn, user_id)?;
    delete(conn, user_id, platform)?;
    let sealed = text(&new.sealed, MAX_SEALED_BYTES);
    diesel::insert_into(cookie_jars::table)
        .values((
            cookie_jars::user_id.eq(user_id),
            cookie_jars::platform.eq(text(platform, PLATFORM_CHARS)),
            cookie_jars::sealed.eq(&sealed),
            cookie_jars::updated_at.eq(now.as_millis()),
        ))
        .execute(conn)?;
    Ok(CookieRecord { sealed, updated_at: now })
}

/// What is kept.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, user_id: i64, platform: &str) -> StoreResult<CookieRecord> {
    let kept: Option<(String, i64)> = cookie_jars::table
        .find((user_id, text(platform, PLATFORM_CHARS)))
        .select((cookie_jars::sealed, cookie_jars::updated_at))
        .first(conn)
        .optional()?;
    let none = || StoreError::refused(ErrorCode::NotFound, "There are no cookies.");
    let (sealed, updated_at) = kept.ok_or_else(none)?;
    Ok(CookieRecord { sealed, updated_at: instant(updated_at) })
}

/// Forgets what is kept, and says whether there was anything.
///
/// # Errors
/// The database's.
pub fn delete(conn: &mut AnyConnection, user_id: i64, platform: &str) -> StoreResult<bool> {
    let kept = cookie_jars::table.find((user_id, text(platform, PLATFORM_CHARS)));
    Ok(diesel::delete(kept).execute(conn)? > 0)
}
