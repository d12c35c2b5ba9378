//! How often a password may be tried.
//!
//! Failures in a row are counted by account, not by address alone: guessing is spread over many
//! addresses. So that nobody can lock someone out, an address from which the account was logged in to
//! before has an allowance of its own, which others' failures do not touch. Names that nobody has are
//! counted alike, and so give nothing away.

use std::{net::IpAddr, time::Duration};

use common_types::{
    ErrorCode, Timestamp,
    audit::{AuditAction, AuditOutcome},
    internal::{
        accounts::{Account, AccountLookup},
        audit::{LoginAdmission, LoginAttempt, LoginRefused, Tried},
    },
};
use diesel::{dsl::sql, prelude::*, sql_types::Integer};

use crate::{
    connection::{AnyConnection, on_either},
    error::{StoreError, StoreResult},
    models::value::{text, to_column},
    schema::login_allowances,
    statement::Statement,
    store::{
        accounts,
        audit::{self, Actor, Entry},
    },
};

/// So many failures in a row are not delayed: as many as an address may make in a minute by default.
const FREE_FAILURES: i32 = 20;
/// After so many, no more are let through for a day (NIST SP 800-63B, section 3.2.2).
const MAX_FAILURES: i32 = 100;
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// After a day without a failure they are forgotten.
const DAY_MS: i64 = 86_400_000;
/// For how long an address is known from which someone logged in.
const KNOWN_MS: i64 = 90 * DAY_MS;
/// The source that all addresses share that are not known.
const ANYWHERE: &str = "anywhere";
/// The source of a password that one is asked for again.
const OWN: &str = "own";
/// What no user's id begins with.
const UNKNOWN_NAME: &str = "?";
/// So many names that nobody has are remembered.
const MAX_UNKNOWN_NAMES: i64 = 200_000;

/// Takes one from the allowance before the password is verified, so that guesses made at once are
/// counted as well; at a known address failures are counted afterwards, for there several may log in
/// at once. The account comes along whether or not it may be tried: telling is the caller's.
///
/// # Errors
/// The database's.
pub fn attempt(
    conn: &mut AnyConnection,
    actor: &Actor,
    attempt: &LoginAttempt,
    now: Timestamp,
) -> StoreResult<LoginAdmission> {
    let (account, key) = who(conn, &attempt.tried)?;
    let (source, is_counted_now) = match &attempt.tried {
        Tried::Own(_) => (OWN.to_owned(), true),
        Tried::Login { .. } => {
            let source = source_of(attempt.address);
            let is_known = is_known(conn, &key, &source, now)?;
            (if is_known { source } else { ANYWHERE.to_owned() }, !is_known)
        }
    };
    let wait = if is_counted_now {
        count(conn, &key, &source, now)?
    } else {
        wait_of(conn, &key, &source, now)?
    };
    if wait.is_some() {
        let user_id = account.as_ref().map(|account| account.user.id);
        let entry = Entry::refused(action(&attempt.tried), AuditOutcome::Throttled, user_id);
        audit::note(conn, actor, entry, now)?;
    }
    Ok(LoginAdmission { account, wait_ms: wait })
}

fn action(tried: &Tried) -> AuditAction {
    match tried {
        Tried::Own(_) => AuditAction::PasswordChanged,
        Tried::Login { .. } => AuditAction::Login,
    }
}

fn who(conn: &mut AnyConnection, tried: &Tried) -> StoreResult<(Option<Account>, String)> {
    let (account, digest) = match tried {
        Tried::Own(user_id) => {
            return Ok((Some(accounts::get(conn, *user_id)?), user_id.to_string()));
        }
        Tried::Login { login: None, digest } => (None, digest),
        Tried::Login { login: Some(login), digest } => {
            let found = accounts::find(conn, &AccountLookup { login: login.clone() });
            (absent(found)?, digest)
        }
    };
    let key = match &account {
        Some(account) => account.user.id.to_string(),
        None => format!("{UNKNOWN_NAME}{}", text(digest, 64)),
    };
    Ok((account, key))
}

fn absent(found: StoreResult<Account>) -> StoreResult<Option<Account>> {
    match found {
        Ok(account) => Ok(Some(account)),
        Err(StoreError::Refused { code: ErrorCode::NotFound, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An address, or of IPv6 the network that one subscriber has.
fn source_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn is_known(
    conn: &mut AnyConnection,
    account: &str,
    source: &str,
    now: Timestamp,
) -> StoreResult<bool> {
    let known_until: Option<i64> = login_allowances::table
        .find((account, source))
        .select(login_allowances::known_until)
        .first(conn)
        .optional()?;
    Ok(known_until.is_some_and(|until| until > now.as_millis()))
}

/// One failure more, unless there is something to wait for: then how long. One statement decides, so
/// that of many at once only as many are let through as are free.
fn count(
    conn: &mut AnyConnection,
    account: &str,
    source: &str,
    now: Timestamp,
) -> StoreResult<Option<u64>> {
    let at = now.as_millis();
    let counted = Statement::returning(sql::<Integer>("failures"))
        .sql(
            "INSERT INTO login_allowances \
             (account, source, failures, blocked_until, known_until, updated_at) VALUES (",
        )
        .text(account)
        .sql(", ")
        .text(source)
        .sql(", 1, 0, 0, ")
        .big_int(at)
        .sql(
            ") ON CONFLICT (account, source) DO UPDATE SET failures = \
             CASE WHEN login_allowances.updated_at <= ",
        )
        .big_int(at.saturating_sub(DAY_MS))
        .sql(" THEN 1 ELSE login_allowances.failures + 1 END, updated_at = excluded.updated_at ")
        .sql("WHERE login_allowances.blocked_until <= ")
        .big_int(at);
    let failures: Option<i32> = on_either!(conn, conn => counted.get_result(conn).optional()?);
    let Some(failures) = failures else {
        return wait_of(conn, account, source, now);
    };
    if let Some(wait) = wait_after(failures) {
        let until = (now + wait).as_millis();
        diesel::update(login_allowances::table.find((account, source)))
            .set(login_allowances::blocked_until.eq(until))
            .execute(conn)?;
    }
    Ok(None)
}

/// How long nothing more is tried after so many failures in a row.
fn wait_after(failures: i32) -> Option<Duration> {
    if failures >= MAX_FAILURES {
        return Some(Duration::from_millis(DAY_MS.unsigned_abs()));
    }
    let beyond = u32::try_from(failures.checked_sub(FREE_FAILURES)?).ok()?;
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(beyond));
    Some(wait.min(LONGEST_WAIT))
}

fn wait_of(
    conn: &mut AnyConnection,
    account: &str,
    source: &str,
    now: Timestamp,
) -> StoreResult<Option<u64>> {
    let until: Option<i64> = login_allowances::table
        .find((account, source))
        .select(login_allowances::blocked_until)
        .first(conn)
        .optional()?;
    let left = until.unwrap_or(0).saturating_sub(now.as_millis());
    Ok(u64::try_from(left).ok().filter(|left| *left > 0))
}

/// Notes that a password was wrong. Where the attempt was counted already, only the log is written.
///
/// # Errors
/// The database's.
pub fn refuse(
    conn: &mut AnyConnection,
    actor: &Actor,
    refused: &LoginRefused,
    now: Timestamp,
) -> StoreResult<()> {
    if let Some(user_id) = refused.user_id.filter(|_| !refused.is_own) {
        let (key, source) = (user_id.to_string(), source_of(refused.address));
        if is_known(conn, &key, &source, now)? {
            count(conn, &key, &source, now)?;
        }
    }
    let action = if refused.is_own { AuditAction::PasswordChanged } else { AuditAction::Login };
    let entry = Entry::refused(action, AuditOutcome::Refused, refused.user_id);
    audit::note(conn, actor, entry, now)
}

/// Someone proved to own the account: the address is known from now on, and the failures that were
/// counted where this attempt was are forgiven.
///
/// # Errors
/// The database's.
pub(crate) fn succeed(
    conn: &mut AnyConnection,
    user_id: i64,
    address: IpAddr,
    now: Timestamp,
) -> StoreResult<()> {
    let (key, source) = (user_id.to_string(), source_of(address));
    if !is_known(conn, &key, &source, now)? {
        forgive(conn, &key, ANYWHERE)?;
    }
    let row = (
        login_allowances::account.eq(&key),
        login_allowances::source.eq(&source),
        login_allowances::failures.eq(0),
        login_allowances::blocked_until.eq(0),
        login_allowances::known_until.eq(now.as_millis().saturating_add(KNOWN_MS)),
        login_allowances::updated_at.eq(now.as_millis()),
    );
    on_either!(conn, conn => diesel::insert_into(login_allowances::table)
        .values(row)
        .on_conflict((login_allowances::account, login_allowances::source))
        .do_update()
        .set(row)
        .execute(conn)?);
    Ok(())
}

/// The current password was given: what was wrong before is forgiven.
///
/// # Errors
/// The database's.
pub(crate) fn forgive_own(conn: &mut AnyConnection, user_id: i64) -> StoreResult<()> {
    forgive(conn, &user_id.to_string(), OWN)
}

fn forgive(conn: &mut AnyConnection, account: &str, source: &str) -> StoreResult<()> {
    diesel::update(login_allowances::table.find((account, source)))
        .set((login_allowances::failures.eq(0), login_allowances::blocked_until.eq(0)))
        .execute(conn)?;
    Ok(())
}

/// Forgets failures of more than a day ago, addresses that are no longer known, and names that nobody
/// has where they are too many; at most `limit` of each.
///
/// # Errors
/// The database's.
pub(crate) fn purge(conn: &mut AnyConnection, now: Timestamp, limit: u64) -> StoreResult<usize> {
    let at = now.as_millis();
    let lapsed = login_allowances::table
        .filter(login_allowances::updated_at.le(at.saturating_sub(DAY_MS)))
        .filter(login_allowances::known_until.le(at))
        .order(login_allowances::updated_at)
        .limit(to_column(limit))
        .select((login_allowances::account, login_allowances::source))
        .load::<(String, String)>(conn)?;
    let nobodys = login_allowances::account.like(format!("{UNKNOWN_NAME}%"));
    let unknown: i64 = login_allowances::table.filter(nobodys.clone()).count().get_result(conn)?;
    let too_many = unknown.saturating_sub(MAX_UNKNOWN_NAMES).clamp(0, to_column(limit));
    let oldest = login_allowances::table
        .filter(nobodys)
        .order(login_allowances::updated_at)
        .limit(too_many)
        .select((login_allowances::account, login_allowances::source))
        .load::<(String, String)>(conn)?;
    let mut purged = 0_usize;
    for (account, source) in lapsed.iter().chain(&oldest) {
        let row = login_allowances::table.find((account, source));
        purged = purged.saturating_add(diesel::delete(row).execute(conn)?);
    }
    Ok(purged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_end_with_a_day() {
        let seconds = |failures| wait_after(failures).map(|wait| wait.as_secs());
        let waits: Vec<_> = [19, 20, 21, 24, 25, 99, 100, i32::MAX].map(seconds).into();
        let expected =
            [None, Some(30), Some(60), Some(480), Some(900), Some(900), Some(86_400), Some(86_400)];
        assert_eq!(waits, expected);
    }

    #[test]
    fn of_ipv6_the_network_counts() {
        let source = |address: &str| source_of(address.parse().unwrap());
        assert_eq!(source("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2::9"), source("2001:db8:1:2:ffff::"));
    }
}
