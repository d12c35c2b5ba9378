//! What an `Idempotency-Key` made before.

use std::time::Duration;

use common_types::{
    ErrorCode, Timestamp,
    internal::downloads::{Idempotency, Made},
};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::value::{from_column, text, to_column, uuid},
    schema::idempotency_keys,
};

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
const KEY_CHARS: usize = 255;

/// Of what kind is what a key made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Download,
    Batch,
    Playlist,
}

impl Kind {
    const fn slug(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Batch => "batch",
            Self::Playlist => "playlist",
        }
    }
}

/// What the key made, if it was used within 24 hours; whether that is still there does not matter.
/// The user's row is locked, so that of two requests with one key the second sees what the first made.
///
/// # Errors
/// `already_exists` when the key came with another request.
pub(crate) fn find(
    conn: &mut AnyConnection,
    user_id: i64,
    idempotency: &Idempotency,
    now: Timestamp,
) -> StoreResult<Option<Made>> {
    let used: Option<(String, String, Option<i64>)> = idempotency_keys::table
        .find((user_id, text(&idempotency.key, KEY_CHARS)))
        .filter(idempotency_keys::created_at.gt(oldest(now)))
        .select((
            idempotency_keys::request_hash,
            idempotency_keys::made_id,
            idempotency_keys::foretold,
        ))
        .first(conn)
        .optional()?;
    let Some((hash, id, foretold)) = used else { return Ok(None) };
    if hash != text(&idempotency.request_hash, KEY_CHARS) {
        let detail = "This Idempotency-Key was used for another request.";
        return Err(StoreError::refused(ErrorCode::AlreadyExists, detail));
    }
    let id = uuid("what an idempotency key made", &id)?;
    Ok(Some(Made { id, foretold: foretold.map(from_column) }))
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
    kind: Kind,
    made: &Made,
    now: Timestamp,
) -> StoreResult<()> {
    let key = text(&idempotency.key, KEY_CHARS);
    diesel::delete(idempotency_keys::table.find((user_id, &key))).execute(conn)?;
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::user_id.eq(user_id),
            idempotency_keys::key.eq(key),
            idempotency_keys::request_hash.eq(text(&idempotency.request_hash, KEY_CHARS)),
            idempotency_keys::made_kind.eq(kind.slug()),
            idempotency_keys::made_id.eq(made.id.to_string()),
            idempotency_keys::foretold.eq(made.foretold.map(to_column)),
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
