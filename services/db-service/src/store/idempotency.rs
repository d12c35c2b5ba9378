//! What an `Idempotency-Key` made before.

use std::time::Duration;

use common_types::{ErrorCode, Timestamp, internal::downloads::Idempotency};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::value::{text, to_column},
    schema::idempotency_keys,
};

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
const KEY_CHARS: usize = 255;

/// What a key made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Made<'a> {
    Download(&'a str),
    Batch(&'a str),
    Playlist(&'a str),
}

/// The id of what the key made, if it was used within 24 hours. The user's row is locked, so that of
/// two requests with one key the second sees what the first made.
///
/// # Errors
/// `already_exists` when the key came with another request.
pub(crate) fn find(
    conn: &mut AnyConnection,
    user_id: i64,
    idempotency: &Idempotency,
    now: Timestamp,
) -> StoreResult<Option<String>> {
    let used: Option<(String, String)> = idempotency_keys::table
        .find((user_id, text(&idempotency.key, KEY_CHARS)))
        .filter(idempotency_keys::created_at.gt(oldest(now)))
        .select((idempotency_keys::request_hash, idempotency_keys::made_id))
        .first(conn)
        .optional()?;
    match used {
        Some((hash, _)) if hash != text(&idempotency.request_hash, KEY_CHARS) => {
            let detail = "This Idempotency-Key was used for another request.";
            Err(StoreError::refused(ErrorCode::AlreadyExists, detail))
        }
        other => Ok(other.map(|(_, made)| made)),
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(i64::try_from(REMEMBERED.as_millis()).unwrap_or(i64::MAX))
}

/// Remembers what the key made; a key that was forgotten may be used anew.
///
/// # Errors
/// The database's.
pub(crate) fn remember(
    conn: &mut AnyConnection,
    user_id: i64,
    idempotency: &Idempotency,
    made: Made<'_>,
    now: Timestamp,
) -> StoreResult<()> {
    let key = text(&idempotency.key, KEY_CHARS);
    let (kind, id) = match made {
        Made::Download(id) => ("download", id),
        Made::Batch(id) => ("batch", id),
        Made::Playlist(id) => ("playlist", id),
    };
    diesel::delete(idempotency_keys::table.find((user_id, &key))).execute(conn)?;
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::user_id.eq(user_id),
            idempotency_keys::key.eq(key),
            idempotency_keys::request_hash.eq(text(&idempotency.request_hash, KEY_CHARS)),
            idempotency_keys::made_kind.eq(kind),
            idempotency_keys::made_id.eq(id),
            idempotency_keys::created_at.eq(now.as_millis()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets keys that are older than a day, at most `limit` of them.
///
/// # Errors
/// The database's.
pub(crate) fn purge(conn: &mut AnyConnection, now: Timestamp, limit: u64) -> StoreResult<usize> {
    let old = idempotency_keys::table
        .filter(idempotency_keys::created_at.le(oldest(now)))
        .order(idempotency_keys::created_at)
        .limit(to_column(limit))
        .select((idempotency_keys::user_id, idempotency_keys::key))
        .load::<(i64, String)>(conn)?;
    for key in &old {
        diesel::delete(idempotency_keys::table.find((key.0, &key.1))).execute(conn)?;
    }
    Ok(old.len())
}
