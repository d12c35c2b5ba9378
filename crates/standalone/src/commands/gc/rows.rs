//! Rows whose time is over.

use common_types::{ErrorCode, Timestamp};
use db_service::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    store::{files, upkeep},
};

use super::{Sweep, Swept};
use crate::commands::{outcome::CommandError, user::told};

/// How many rounds a dry run goes through: its transaction keeps others waiting.
pub(super) const DRY_ROUNDS: usize = 20;

impl Sweep<'_> {
    /// Failed, cancelled and fileless downloads of long ago.
    pub(super) fn old_history(&mut self) -> Result<Swept, CommandError> {
        self.in_rounds(|conn, now| {
            let ids = files::outlived(conn, now)?;
            let forgotten = if ids.is_empty() { 0 } else { files::forget(conn, &ids, now)? };
            Ok((forgotten, !ids.is_empty() && forgotten > 0))
        })
    }

    /// Sessions, revocations, idempotency keys, allowances and log entries.
    pub(super) fn expired_rows(&mut self) -> Result<Swept, CommandError> {
        self.in_rounds(|conn, now| {
            let purged = upkeep::purge(conn, now)?;
            Ok((purged.total(), purged.is_full()))
        })
    }

    /// Does `round` until it says that there is no more. A dry run undoes it all.
    fn in_rounds(
        &mut self,
        round: impl Fn(&mut AnyConnection, Timestamp) -> StoreResult<(usize, bool)>,
    ) -> Result<Swept, CommandError> {
        let mut total = 0_usize;
        let mut go_on = true;
        if self.is_dry_run {
            let undone: StoreResult<()> = self.admin.write(|conn, now| {
                for _ in 0..DRY_ROUNDS {
                    let (count, is_more) = round(conn, now)?;
                    total = total.saturating_add(count);
                    if !is_more {
                        break;
                    }
                }
                Err(undo())
            });
            forgive(undone)?;
            go_on = false;
        }
        while go_on {
            let (count, is_more) = self.admin.write(&round).map_err(told)?;
            total = total.saturating_add(count);
            go_on = is_more;
        }
        Ok(Swept { count: u64::try_from(total).unwrap_or(u64::MAX), ..Swept::default() })
    }
}

/// Ends a transaction whose effect was only to be seen.
pub(super) fn undo() -> StoreError {
    StoreError::refused(ErrorCode::Internal, UNDONE)
}

const UNDONE: &str = "it was only tried";

/// Passes over what [`undo`] made.
pub(super) fn forgive(undone: StoreResult<()>) -> Result<(), CommandError> {
    match undone {
        Ok(()) | Err(StoreError::Refused { detail: UNDONE, .. }) => Ok(()),
        Err(error) => Err(told(error)),
    }
}
