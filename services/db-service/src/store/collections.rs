//! What batches and playlists have in common: exact counters, an end, and what is done to all items.
//!
//! The counters change in the transaction that changes an item. Whoever changes items locks them
//! first, in the order of their ids, and the collection's row after them: so no two transactions
//! ever wait for each other.

use common_types::{ErrorCode, Timestamp, download::Status};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Double, Integer, Nullable},
};

use crate::{
    connection::{AnyConnection, load_locked, on_either},
    error::{StoreError, StoreResult},
    models::{
        collection::{Tally, count_column},
        download::DownloadRow,
    },
    schema::downloads,
    statement::Statement,
};

/// The two kinds of collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    Batch,
    Playlist,
}

impl Collection {
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Batch => "batches",
            Self::Playlist => "playlists",
        }
    }

    /// The collection that an item is part of.
    pub(crate) fn of(item: &DownloadRow) -> Option<(Self, &str)> {
        let batch = item.batch_id.as_deref().map(|id| (Self::Batch, id));
        batch.or_else(|| item.playlist_id.as_deref().map(|id| (Self::Playlist, id)))
    }
}

/// By how much the counters of a collection change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    total: i32,
    completed: i32,
    failed: i32,
    cancelled: i32,
    /// Something that had ended is to be tried again.
    is_reopened: bool,
}

impl Change {
    /// `count` items went from one status to another.
    pub(crate) fn moved(self, count: usize, from: Status, to: Status) -> Self {
        self.left(count, from).entered(count, to).reopened(from.is_final() && !to.is_final())
    }

    /// `count` items that stood there are gone.
    pub(crate) fn removed(self, count: usize, from: Status) -> Self {
        let mut change = self.left(count, from);
        change.total = change.total.saturating_sub(column(count));
        change
    }

    fn left(mut self, count: usize, status: Status) -> Self {
        if let Some(counter) = self.counter(status) {
            *counter = counter.saturating_sub(column(count));
        }
        self
    }

    /// `count` items stand there that were not counted before.
    pub(crate) fn entered(mut self, count: usize, status: Status) -> Self {
        if let Some(counter) = self.counter(status) {
            *counter = counter.saturating_add(column(count));
        }
        self
    }

    fn reopened(mut self, is_reopened: bool) -> Self {
        self.is_reopened |= is_reopened;
        self
    }

    fn counter(&mut self, status: Status) -> Option<&mut i32> {
        match status {
            Status::Completed => Some(&mut self.completed),
            Status::Failed => Some(&mut self.failed),
            Status::Cancelled => Some(&mut self.cancelled),
            Status::Pending | Status::Downloading => None,
        }
    }
}

/// There is none, or it is another user's.
pub(crate) const fn missing() -> StoreError {
    StoreError::refused(ErrorCode::NotFound, "There is nothing with this id.")
}

fn column(count: usize) -> i32 {
    count_column(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Counts that an item, whose row is locked, went from one status to another; nothing for an item
/// of no collection.
///
/// # Errors
/// The database's.
pub(crate) fn item_moved(
    conn: &mut AnyConnection,
    item: &DownloadRow,
    from: Status,
    to: Status,
    now: Timestamp,
) -> StoreResult<()> {
    match Collection::of(item) {
        Some((kind, id)) => book(conn, kind, id, Change::default().moved(1, from, to), now),
        None => Ok(()),
    }
}

/// Counts that an item was deleted. A collection goes with its last item.
///
/// # Errors
/// The database's.
pub(crate) fn item_removed(
    conn: &mut AnyConnection,
    item: &DownloadRow,
    now: Timestamp,
) -> StoreResult<()> {
    let Some((kind, id)) = Collection::of(item) else { return Ok(()) };
    let last = Statement::returning(sql::<Integer>("total"))
        .sql("DELETE FROM ")
        .sql(kind.table())
        .sql(" WHERE total <= 1 AND id = ")
        .text(id);
    let gone: Option<i32> = on_either!(conn, conn => last.get_result(conn).optional()?);
    match gone {
        Some(_) => Ok(()),
        None => book(conn, kind, id, Change::default().removed(1, item.status()?), now),
    }
}

/// Changes the counters of a collection, and its status where that follows from them.
///
/// # Errors
/// The database's.
pub(crate) fn book(
    conn: &mut AnyConnection,
    kind: Collection,
    id: &str,
    change: Change,
    now: Timestamp,
) -> StoreResult<()> {
    let counted = (
        sql::<Nullable<Integer>>("total"),
        sql::<Integer>("completed + failed + cancelled"),
        sql::<Nullable<BigInt>>("completed_at"),
    );
    let update = Statement::returning(counted)
        .sql("UPDATE ")
        .sql(kind.table())
        .sql(" SET total = total + ")
        .integer(change.total)
        .sql(", completed = completed + ")
        .integer(change.completed)
        .sql(", failed = failed + ")
        .integer(change.failed)
        .sql(", cancelled = cancelled + ")
        .integer(change.cancelled)
        .sql(if change.is_reopened { ", is_cancelled = FALSE" } else { "" })
        .sql(" WHERE id = ")
        .text(id);
    let counted: Option<(Option<i32>, i32, Option<i64>)> =
        on_either!(conn, conn => update.get_result(conn).optional()?);
    let is_settled = counted.is_none_or(|(total, ended, completed_at)| {
        total.is_some_and(|total| ended >= total) == completed_at.is_some()
    });
    if is_settled { Ok(()) } else { settle(conn, kind, id, now) }
}

/// A collection ends when all its items have: `completed` if at least one of them did, `failed` if
/// none did, `cancelled` if someone wanted it to end or each of them was. One whose total is not
/// known yet goes on.
///
/// # Errors
/// The database's.
pub(crate) fn settle(
    conn: &mut AnyConnection,
    kind: Collection,
    id: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let settle = Statement::returning(sql::<Integer>("completed"))
        .sql("UPDATE ")
        .sql(kind.table())
        .sql(" SET status = CASE WHEN total IS NULL OR completed + failed + cancelled < total")
        .sql(" THEN 'pending' WHEN is_cancelled THEN 'cancelled'")
        .sql(" WHEN completed > 0 THEN 'completed' WHEN failed > 0 OR total = 0 THEN 'failed'")
        .sql(" ELSE 'cancelled' END,")
        .sql(" completed_at = CASE WHEN total IS NULL OR completed + failed + cancelled < total")
        .sql(" THEN NULL ELSE COALESCE(completed_at, ")
        .big_int(now.as_millis())
        .sql(") END WHERE id = ")
        .text(id);
    let _completed: Option<i32> = on_either!(conn, conn => settle.get_result(conn).optional()?);
    Ok(())
}

/// The items of a collection, by position.
///
/// # Errors
/// The database's.
pub(crate) fn items(
    conn: &mut AnyConnection,
    kind: Collection,
    id: &str,
) -> StoreResult<Vec<DownloadRow>> {
    on_either!(conn, conn => {
        let query = downloads::table.select(DownloadRow::as_select()).into_boxed();
        let query = match kind {
            Collection::Batch => query.filter(downloads::batch_id.eq(id)),
            Collection::Playlist => query.filter(downloads::playlist_id.eq(id)),
        };
        Ok(query.order(downloads::position).load(conn)?)
    })
}

/// What is known of the items of a collection together.
///
/// # Errors
/// The database's.
pub(crate) fn tally(conn: &mut AnyConnection, kind: Collection, id: &str) -> StoreResult<Tally> {
    let summed = (
        sql::<Nullable<Double>>("SUM(progress)"),
        sql::<BigInt>("COUNT(*)"),
        sql::<BigInt>("COUNT(CASE WHEN status = 'pending' THEN 1 END)"),
    );
    let (sum, count, pending): (Option<f64>, i64, i64) = on_either!(conn, conn => {
        let query = downloads::table.select(summed).into_boxed();
        let query = match kind {
            Collection::Batch => query.filter(downloads::batch_id.eq(id)),
            Collection::Playlist => query.filter(downloads::playlist_id.eq(id)),
        };
        query.first(conn)?
    });
    let shown = u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Tally { sum: sum.unwrap_or(0.0), count: f64::from(shown), has_begun: pending < count })
}

/// The items that stand in one of `statuses`, locked, by position.
///
/// # Errors
/// The database's.
pub(crate) fn lock_items(
    conn: &mut AnyConnection,
    kind: Collection,
    id: &str,
    statuses: &[Status],
) -> StoreResult<Vec<DownloadRow>> {
    let slugs: Vec<&str> = statuses.iter().map(|status| status.slug()).collect();
    let all = downloads::table.order(downloads::id);
    let standing = downloads::status.eq_any(slugs);
    let mut rows: Vec<DownloadRow> = match kind {
        Collection::Batch => {
            let query = all.filter(downloads::batch_id.eq(id)).filter(standing);
            load_locked!(conn, query, DownloadRow)
        }
        Collection::Playlist => {
            let query = all.filter(downloads::playlist_id.eq(id)).filter(standing);
            load_locked!(conn, query, DownloadRow)
        }
    };
    rows.sort_by_key(|row| row.position);
    Ok(rows)
}
