//! Sessions: opened, listed, ended.

use common_types::{
    ErrorCode, Timestamp,
    internal::accounts::{NewSession, SessionRecord},
    page::MAX_LIMIT,
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult, is_duplicate},
    models::{
        session::SessionRow,
        value::{optional_text, to_column},
    },
    schema::{sessions, users},
    store::{accounts, logins, revocations},
};

const USER_AGENT_CHARS: usize = 400;
const ADDRESS_CHARS: usize = 64;

/// Opens a session and notes the login.
///
/// # Errors
/// `not_found`; `account_disabled`; `already_exists` for an id that is in use.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewSession,
    now: Timestamp,
) -> StoreResult<SessionRecord> {
    accounts::lock_active(conn, user_id)?;
    diesel::update(users::table.find(user_id))
        .set(users::last_login_at.eq(now.as_millis()))
        .execute(conn)?;
    let row = SessionRow {
        id: new.id.to_string(),
        user_id,
        token_id: new.token_id.to_string(),
        created_at: now.as_millis(),
        expires_at: new.expires_at.as_millis(),
        ended_at: None,
        user_agent: optional_text(new.user_agent.as_deref(), USER_AGENT_CHARS),
        address: optional_text(new.address.as_deref(), ADDRESS_CHARS),
    };
    diesel::insert_into(sessions::table).values(&row).execute(conn).map_err(|error| {
        if !is_duplicate(&error) {
            return StoreError::from(error);
        }
        StoreError::refused(ErrorCode::AlreadyExists, "There is such a session already.")
    })?;
    if let Some(address) = new.address.as_deref().and_then(|address| address.parse().ok()) {
        logins::succeed(conn, user_id, address, now)?;
    }
    row.into_record()
}

/// The user's sessions that are in force, newest first.
///
/// # Errors
/// The database's.
pub fn list(
    conn: &mut AnyConnection,
    user_id: i64,
    now: Timestamp,
) -> StoreResult<Vec<SessionRecord>> {
    let rows = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.as_millis()))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .limit(i64::from(MAX_LIMIT))
        .select(SessionRow::as_select())
        .load(conn)?;
    rows.into_iter().map(SessionRow::into_record).collect()
}

/// One session of the user, ended or not.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, user_id: i64, session: Uuid) -> StoreResult<SessionRecord> {
    sessions::table
        .find(session.to_string())
        .filter(sessions::user_id.eq(user_id))
        .select(SessionRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| StoreError::refused(ErrorCode::NotFound, "There is no such session."))?
        .into_record()
}

/// Ends one session of the user; ending it again changes nothing.
///
/// # Errors
/// `not_found`.
pub fn end(
    conn: &mut AnyConnection,
    user_id: i64,
    session: Uuid,
    now: Timestamp,
) -> StoreResult<SessionRecord> {
    let open = sessions::table
        .filter(sessions::id.eq(session.to_string()))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::ended_at.is_null());
    let ended = diesel::update(open)
        .set(sessions::ended_at.eq(now.as_millis()))
        .returning(sessions::all_columns)
        .get_results::<SessionRow>(conn)?;
    announce(conn, &ended)?;
    get(conn, user_id, session)
}

/// Ends the user's sessions but for `except`, and says how many were in force.
///
/// # Errors
/// The database's.
pub fn end_all(
    conn: &mut AnyConnection,
    user_id: i64,
    except: Option<Uuid>,
    now: Timestamp,
) -> StoreResult<u64> {
    let spared = except.map(|id| id.to_string()).unwrap_or_default();
    let open = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::id.ne(spared))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.as_millis()));
    let ended = diesel::update(open)
        .set(sessions::ended_at.eq(now.as_millis()))
        .returning(sessions::all_columns)
        .get_results::<SessionRow>(conn)?;
    announce(conn, &ended)?;
    Ok(to_count(ended.len()))
}

fn announce(conn: &mut AnyConnection, ended: &[SessionRow]) -> StoreResult<()> {
    let ended: Vec<_> = ended.iter().map(|row| (row.id.clone(), row.expires_at)).collect();
    revocations::announce(conn, &ended)
}

fn to_count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Forgets sessions that expired by themselves, at most `limit` of them, and says how many.
///
/// # Errors
/// The database's.
pub(crate) fn purge(conn: &mut AnyConnection, now: Timestamp, limit: u64) -> StoreResult<usize> {
    let expired = sessions::table
        .filter(sessions::expires_at.le(now.as_millis()))
        .order(sessions::expires_at)
        .limit(to_column(limit))
        .select(sessions::id)
        .load::<String>(conn)?;
    Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(expired))).execute(conn)?)
}
