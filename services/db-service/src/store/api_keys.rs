//! API keys: made, listed, deleted, verified.

use common_types::{
    ErrorCode, Timestamp,
    account::ApiKey,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, KEY_VERDICT_MAX_MS, NewApiKey},
    page::MAX_LIMIT,
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult, is_duplicate},
    models::{
        account::AccountRow,
        api_key::ApiKeyRow,
        value::{instant, text, to_json, uuid},
    },
    schema::{api_keys, users},
    store::{accounts, revocations},
};

const NAME_CHARS: usize = 100;
const PREFIX_CHARS: usize = 20;
/// A key in constant use writes its row once in this time, in milliseconds.
const USE_NOTED_EVERY_MS: i64 = 60_000;

/// Makes a key.
///
/// # Errors
/// `not_found`; `account_disabled`; `already_exists` for a digest that is in use.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewApiKey,
    now: Timestamp,
) -> StoreResult<ApiKey> {
    accounts::lock_active(conn, user_id)?;
    let row = ApiKeyRow {
        id: Uuid::now_v7().to_string(),
        user_id,
        name: text(&new.name, NAME_CHARS),
        prefix: text(&new.prefix, PREFIX_CHARS),
        key_hash: text(&new.key_hash, 64),
        scopes: to_json("an API key's scopes", &new.scopes)?,
        created_at: now.as_millis(),
        expires_at: new.expires_at.map(Timestamp::as_millis),
        last_used_at: None,
    };
    diesel::insert_into(api_keys::table).values(&row).execute(conn).map_err(|error| {
        if !is_duplicate(&error) {
            return StoreError::from(error);
        }
        StoreError::refused(ErrorCode::AlreadyExists, "There is such a key already.")
    })?;
    row.into_api_key()
}

/// The user's keys, newest first, expired ones included.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut AnyConnection, user_id: i64) -> StoreResult<Vec<ApiKey>> {
    let rows = api_keys::table
        .filter(api_keys::user_id.eq(user_id))
        .order(api_keys::id.desc())
        .limit(i64::from(MAX_LIMIT))
        .select(ApiKeyRow::as_select())
        .load(conn)?;
    rows.into_iter().map(ApiKeyRow::into_api_key).collect()
}

/// Deletes a key of the user.
///
/// # Errors
/// `not_found`.
pub fn delete(
    conn: &mut AnyConnection,
    user_id: i64,
    key: Uuid,
    now: Timestamp,
) -> StoreResult<()> {
    let key = key.to_string();
    let this = api_keys::table.filter(api_keys::id.eq(&key)).filter(api_keys::user_id.eq(user_id));
    if diesel::delete(this).execute(conn)? == 0 {
        return Err(StoreError::refused(ErrorCode::NotFound, "There is no such API key."));
    }
    revocations::announce(conn, &[(key, verdicts_end(now))])
}

/// Ends what caches know of every key of the user.
///
/// # Errors
/// The database's.
pub(crate) fn revoke_verdicts(
    conn: &mut AnyConnection,
    user_id: i64,
    now: Timestamp,
) -> StoreResult<()> {
    let keys = api_keys::table
        .filter(api_keys::user_id.eq(user_id))
        .select(api_keys::id)
        .load::<String>(conn)?;
    let keys: Vec<_> = keys.into_iter().map(|id| (id, verdicts_end(now))).collect();
    revocations::announce(conn, &keys)
}

/// When no cache believes a verdict of `now` any more, in milliseconds.
fn verdicts_end(now: Timestamp) -> i64 {
    now.as_millis().saturating_add(KEY_VERDICT_MAX_MS)
}

/// Whose key this is and what it may do; notes its use.
///
/// # Errors
/// `unauthenticated`; `token_expired`; `account_disabled`.
pub fn verify(
    conn: &mut AnyConnection,
    lookup: &ApiKeyLookup,
    now: Timestamp,
) -> StoreResult<ApiKeyVerdict> {
    let (key, account) = find(conn, &lookup.key_hash)?;
    if key.expires_at.is_some_and(|expires_at| expires_at <= now.as_millis()) {
        return Err(StoreError::refused(ErrorCode::TokenExpired, "This API key has expired."));
    }
    if !account.is_active {
        return Err(accounts::disabled());
    }
    note_use(conn, &key.id, now)?;
    Ok(ApiKeyVerdict {
        id: uuid("an API key's id", &key.id)?,
        user: account.user()?,
        scopes: key.scopes()?,
        expires_at: key.expires_at.map(instant),
    })
}

fn find(conn: &mut AnyConnection, key_hash: &str) -> StoreResult<(ApiKeyRow, AccountRow)> {
    let unknown = || StoreError::refused(ErrorCode::Unauthenticated, "This API key is not known.");
    if key_hash.contains('\0') {
        return Err(unknown());
    }
    api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::user_id)))
        .filter(api_keys::key_hash.eq(key_hash))
        .select((ApiKeyRow::as_select(), AccountRow::as_select()))
        .first(conn)
        .optional()?
        .ok_or_else(unknown)
}

fn note_use(conn: &mut AnyConnection, key: &str, now: Timestamp) -> StoreResult<()> {
    let noted_before = now.as_millis().saturating_sub(USE_NOTED_EVERY_MS);
    let stale = api_keys::table
        .filter(api_keys::id.eq(key))
        .filter(api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(noted_before)));
    diesel::update(stale).set(api_keys::last_used_at.eq(now.as_millis())).execute(conn)?;
    Ok(())
}
