//! Forgetting what has expired by itself.

use common_types::Timestamp;

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    store::{idempotency, revocations, sessions},
};

/// How many rows of a kind one purge deletes: it must not hold SQLite's one writer for long.
const BATCH: u64 = 500;

/// What a purge deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    pub sessions: usize,
    pub revocations: usize,
    pub idempotency_keys: usize,
}

impl Purged {
    /// Whether there may be more than one transaction deletes.
    pub fn is_full(self) -> bool {
        [self.sessions, self.revocations, self.idempotency_keys]
            .into_iter()
            .any(|deleted| u64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH))
    }
}

/// Deletes expired sessions, revocations and idempotency keys, some of each.
///
/// # Errors
/// The database's.
pub fn purge(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Purged> {
    Ok(Purged {
        sessions: sessions::purge(conn, now, BATCH)?,
        revocations: revocations::purge(conn, now, BATCH)?,
        idempotency_keys: idempotency::purge(conn, now, BATCH)?,
    })
}
