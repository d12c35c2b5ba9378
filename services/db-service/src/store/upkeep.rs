//! Forgetting what has expired by itself.

use common_types::Timestamp;

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    store::{audit, idempotency, logins, revocations, sessions},
};

/// How many rows of a kind one purge deletes: it must not hold SQLite's one writer for long.
const BATCH: u64 = 500;

/// What a purge deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    pub sessions: usize,
    pub revocations: usize,
    pub idempotency_keys: usize,
    pub login_allowances: usize,
    pub audit_events: usize,
}

impl Purged {
    /// How many rows of all kinds.
    pub fn total(self) -> usize {
        let Self { sessions, revocations, idempotency_keys, login_allowances, audit_events } = self;
        [sessions, revocations, idempotency_keys, login_allowances, audit_events].iter().sum()
    }

    /// Whether there may be more than one transaction deletes.
    pub fn is_full(self) -> bool {
        let audited = [self.login_allowances, self.audit_events];
        [self.sessions, self.revocations, self.idempotency_keys]
            .into_iter()
            .chain(audited)
            .any(|deleted| u64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH))
    }
}

/// Deletes expired sessions, revocations and idempotency keys, and what is too old of the log and of
/// failed logins, some of each.
///
/// # Errors
/// The database's.
pub fn purge(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Purged> {
    Ok(Purged {
        sessions: sessions::purge(conn, now, BATCH)?,
        revocations: revocations::purge(conn, now, BATCH)?,
        idempotency_keys: idempotency::purge(conn, now, BATCH)?,
        login_allowances: logins::purge(conn, now, BATCH)?,
        audit_events: audit::purge(conn, now, BATCH)?,
    })
}
