//! Accounts: made, found, changed, listed.

use common_types::{
    ErrorCode, Timestamp,
    account::{Profile, Role},
    audit::AuditAction,
    internal::accounts::{Account, AccountLookup, AccountPatch, NewAccount},
    page::Page,
};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult, is_duplicate},
    models::account::{AccountRow, NewAccountRow, QuotaColumns, folded},
    schema::users,
    store::{
        api_keys,
        audit::{self, Actor, Entry},
        paging, sessions, usage,
    },
};

/// "magpieus" in ASCII: on PostgreSQL, whatever decides who is an admin queues here, so that exactly
/// one account is the first, and two admins never step down at once.
const ADMIN_LOCK: i64 = 0x6d61_6770_6965_7573;

/// Makes an account; the first one of the database is admin.
///
/// # Errors
/// `already_exists`; `registration_closed` when it had to be the first and is not.
pub fn create(conn: &mut AnyConnection, new: &NewAccount, now: Timestamp) -> StoreResult<Account> {
    lock_admins(conn)?;
    let is_first = !any(conn)?;
    if new.only_if_first && !is_first {
        let detail = "Registration is closed on this server.";
        return Err(StoreError::refused(ErrorCode::RegistrationClosed, detail));
    }
    if [&new.username, &new.email, &new.password_hash].iter().any(|text| text.contains('\0')) {
        let detail = "A name must not contain NUL.";
        return Err(StoreError::refused(ErrorCode::InvalidRequest, detail));
    }
    let role = if is_first { Role::Admin } else { Role::User };
    insert(conn, new, role, now)?.into_account()
}

/// Whether there is any account.
///
/// # Errors
/// The database's.
pub fn any(conn: &mut AnyConnection) -> StoreResult<bool> {
    Ok(users::table.select(users::id).first::<i64>(conn).optional()?.is_some())
}

fn lock_admins(conn: &mut AnyConnection) -> StoreResult<()> {
    if let AnyConnection::Postgres(conn) = conn {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<diesel::sql_types::BigInt, _>(ADMIN_LOCK)
            .execute(conn)?;
    }
    Ok(())
}

fn insert(
    conn: &mut AnyConnection,
    new: &NewAccount,
    role: Role,
    now: Timestamp,
) -> StoreResult<AccountRow> {
    let row = NewAccountRow {
        username: new.username.trim(),
        username_folded: &folded(&new.username),
        email: new.email.trim(),
        email_folded: &folded(&new.email),
        password_hash: &new.password_hash,
        role: role.slug(),
        is_active: true,
        created_at: now.as_millis(),
    };
    diesel::insert_into(users::table)
        .values(row)
        .returning(users::all_columns)
        .get_result(conn)
        .map_err(taken)
}

fn taken(error: diesel::result::Error) -> StoreError {
    if !is_duplicate(&error) {
        return error.into();
    }
    let detail = if error.to_string().contains("username") {
        "This username is taken."
    } else {
        "This e-mail address is taken."
    };
    StoreError::refused(ErrorCode::AlreadyExists, detail)
}

/// The account with this id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, user_id: i64) -> StoreResult<Account> {
    find_row(conn, user_id)?.into_account()
}

fn find_row(conn: &mut AnyConnection, user_id: i64) -> StoreResult<AccountRow> {
    users::table
        .find(user_id)
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(no_such_account)
}

fn no_such_account() -> StoreError {
    StoreError::refused(ErrorCode::NotFound, "There is no such account.")
}

/// The account that goes by this username or e-mail address, without case. A username has no `@`,
/// so that no two accounts can be meant.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut AnyConnection, lookup: &AccountLookup) -> StoreResult<Account> {
    let login = folded(&lookup.login);
    if login.contains('\0') {
        return Err(no_such_account());
    }
    users::table
        .filter(users::username_folded.eq(&login).or(users::email_folded.eq(&login)))
        .order(users::id)
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(no_such_account)?
        .into_account()
}

/// The account's row, locked until the transaction ends: what one user asks for is decided one
/// after the other.
///
/// # Errors
/// `not_found`; `account_disabled`.
pub(crate) fn lock_active(conn: &mut AnyConnection, user_id: i64) -> StoreResult<AccountRow> {
    let row = lock(conn, user_id)?;
    if row.is_active { Ok(row) } else { Err(disabled()) }
}

pub(crate) fn disabled() -> StoreError {
    StoreError::refused(ErrorCode::AccountDisabled, "This account is disabled.")
}

/// As [`lock_active`], whatever the account may do.
///
/// # Errors
/// `not_found`.
pub(crate) fn lock(conn: &mut AnyConnection, user_id: i64) -> StoreResult<AccountRow> {
    let row = users::table.find(user_id);
    match conn {
        AnyConnection::Postgres(conn) => {
            row.for_no_key_update().select(AccountRow::as_select()).first(conn)
        }
        AnyConnection::Sqlite(conn) => row.select(AccountRow::as_select()).first(conn),
    }
    .optional()?
    .ok_or_else(no_such_account)
}

/// Refuses whoever is not an active administrator at this moment.
///
/// # Errors
/// `forbidden`.
pub fn require_admin(conn: &mut AnyConnection, actor: &Actor) -> StoreResult<()> {
    let active_admin = users::table
        .filter(users::id.eq(actor.act.actor.unwrap_or_default()))
        .filter(users::is_active.eq(true))
        .filter(users::role.eq(Role::Admin.slug()));
    if diesel::select(diesel::dsl::exists(active_admin)).get_result::<bool>(conn)? {
        return Ok(());
    }
    Err(StoreError::refused(ErrorCode::Forbidden, "Only administrators may do this."))
}

/// Changes an account on behalf of `actor`, who must be an administrator for everything but a new
/// password, and notes what was changed.
///
/// # Errors
/// As [`patch`]; `forbidden`.
pub fn patch_by(
    conn: &mut AnyConnection,
    actor: &Actor,
    user_id: i64,
    change: &AccountPatch,
    now: Timestamp,
) -> StoreResult<Account> {
    let is_for_admins =
        change.role.is_some() || change.is_active.is_some() || change.quota.is_some();
    if is_for_admins {
        // Who is one is decided behind the same lock, so that nobody acts who was just demoted.
        lock_admins(conn)?;
        require_admin(conn, actor)?;
    }
    let account = patch(conn, user_id, change, now)?;
    note_changes(conn, actor, user_id, change, now)?;
    Ok(account)
}

/// A rehash, which is no change of password, ends no sessions.
fn actions(change: &AccountPatch) -> impl Iterator<Item = AuditAction> {
    let is_new_password = change.password_hash.is_some() && change.end_sessions.is_some();
    let role = change.role.map(|role| match role {
        Role::Admin => AuditAction::AdminGranted,
        Role::User => AuditAction::AdminRevoked,
    });
    let is_active = change.is_active.map(|is_active| {
        if is_active { AuditAction::AccountEnabled } else { AuditAction::AccountDisabled }
    });
    let quota = change.quota.map(|_| AuditAction::QuotaChanged);
    let password = is_new_password.then_some(AuditAction::PasswordChanged);
    [role, is_active, quota, password].into_iter().flatten()
}

/// Changes an account. Disabling it ends its sessions and what caches know of its API keys.
///
/// # Errors
/// `not_found`; `already_exists` when the stored hash is not the expected one; `forbidden` when no
/// active admin would be left.
pub fn patch(
    conn: &mut AnyConnection,
    user_id: i64,
    patch: &AccountPatch,
    now: Timestamp,
) -> StoreResult<Account> {
    if patch.role.is_some() || patch.is_active.is_some() {
        lock_admins(conn)?;
    }
    let before = lock(conn, user_id)?;
    let expected = patch.expected_password_hash.as_ref();
    if expected.is_some_and(|expected| *expected != before.password_hash) {
        let detail = "The password was changed in the meantime.";
        return Err(StoreError::refused(ErrorCode::AlreadyExists, detail));
    }
    keep_an_admin(conn, &before, patch)?;
    let this = users::table.find(user_id);
    if let Some(hash) = &patch.password_hash {
        diesel::update(this).set(users::password_hash.eq(hash)).execute(conn)?;
    }
    if let Some(role) = patch.role {
        diesel::update(this).set(users::role.eq(role.slug())).execute(conn)?;
    }
    if let Some(quota) = patch.quota {
        diesel::update(this).set(QuotaColumns::from(quota)).execute(conn)?;
    }
    if let Some(is_active) = patch.is_active {
        diesel::update(this).set(users::is_active.eq(is_active)).execute(conn)?;
    }
    if patch.is_active == Some(false) {
        sessions::end_all(conn, user_id, None, now)?;
        api_keys::revoke_verdicts(conn, user_id, now)?;
    } else if let Some(end) = &patch.end_sessions {
        sessions::end_all(conn, user_id, end.except, now)?;
    }
    get(conn, user_id)
}

/// Deletes an account with all that is its own. Its files become objects without a row, which a
/// sweep removes.
///
/// # Errors
/// `not_found`; `forbidden` when no active admin would be left.
pub fn delete(
    conn: &mut AnyConnection,
    actor: &Actor,
    user_id: i64,
    now: Timestamp,
) -> StoreResult<()> {
    lock_admins(conn)?;
    let before = lock(conn, user_id)?;
    keep_an_admin(conn, &before, &AccountPatch { is_active: Some(false), ..Default::default() })?;
    sessions::end_all(conn, user_id, None, now)?;
    api_keys::revoke_verdicts(conn, user_id, now)?;
    diesel::delete(users::table.find(user_id)).execute(conn)?;
    let entry = Entry::done(AuditAction::AccountDeleted, user_id).to("user", before.username);
    audit::note(conn, actor, entry, now)
}

/// Changes an account on behalf of whoever runs the server, and notes what was changed.
///
/// # Errors
/// As [`patch`].
pub fn patch_by_operator(
    conn: &mut AnyConnection,
    operator: &Actor,
    user_id: i64,
    change: &AccountPatch,
    now: Timestamp,
) -> StoreResult<Account> {
    let account = patch(conn, user_id, change, now)?;
    note_changes(conn, operator, user_id, change, now)?;
    Ok(account)
}

fn note_changes(
    conn: &mut AnyConnection,
    actor: &Actor,
    user_id: i64,
    change: &AccountPatch,
    now: Timestamp,
) -> StoreResult<()> {
    for action in actions(change) {
        audit::note(conn, actor, Entry::done(action, user_id), now)?;
    }
    Ok(())
}

/// Without an active admin nobody could ever undo anything.
fn keep_an_admin(
    conn: &mut AnyConnection,
    before: &AccountRow,
    patch: &AccountPatch,
) -> StoreResult<()> {
    let is_admin = before.is_active && before.role()? == Role::Admin;
    let steps_down = patch.role == Some(Role::User) || patch.is_active == Some(false);
    if !is_admin || !steps_down {
        return Ok(());
    }
    let another = users::table
        .filter(users::role.eq(Role::Admin.slug()))
        .filter(users::is_active.eq(true))
        .filter(users::id.ne(before.id));
    if diesel::select(diesel::dsl::exists(another)).get_result::<bool>(conn)? {
        return Ok(());
    }
    let detail = "This is the last active administrator.";
    Err(StoreError::refused(ErrorCode::Forbidden, detail))
}

/// A page of accounts with what they use, newest first.
///
/// # Errors
/// `invalid_request` for a cursor that is none.
pub fn list(
    conn: &mut AnyConnection,
    limit: Option<u32>,
    cursor: Option<&str>,
    now: Timestamp,
) -> StoreResult<Page<Profile>> {
    let before = cursor.map(paging::number).transpose()?.unwrap_or(i64::MAX);
    let limit = paging::limit(limit);
    let rows = users::table
        .filter(users::id.lt(before))
        .order(users::id.desc())
        .limit(limit.saturating_add(1))
        .select(AccountRow::as_select())
        .load(conn)?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| row.id.to_string());
    let profile = |row: AccountRow| {
        let usage = usage::of(conn, row.id, now)?;
        row.into_profile(usage)
    };
    Ok(Page { items: rows.into_iter().map(profile).collect::<StoreResult<_>>()?, next_cursor })
}
