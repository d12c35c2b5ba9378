//! What is done to a whole batch or playlist: cancel, try again, delete.

use common_types::{
    ErrorCode, Timestamp,
    download::Status,
    internal::{collections::CollectionChanged, downloads::StoredFile},
};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, on_either},
    error::{StoreError, StoreResult},
    models::{
        download::DownloadRow,
        value::{slug, uuid},
    },
    schema::{batches, downloads, playlists},
    statement::Statement,
    store::{
        accounts,
        collections::{self, Change, Collection, lock_items},
        downloads::{Again, Scope, ended_run},
        queue, usage,
    },
};

const UNFINISHED: [Status; 2] = [Status::Pending, Status::Downloading];
const UNSUCCESSFUL: [Status; 2] = [Status::Failed, Status::Cancelled];

/// What a change of a collection needs to know of it.
struct Head {
    status: Status,
    platform: String,
    /// Whether all its entries are known, or it can have no more.
    is_expanded: bool,
}

/// Cancels what has not ended: pending items never start, and whoever runs one learns at its next
/// heartbeat that it is lost.
///
/// # Errors
/// `not_found`; `not_cancellable` once all has ended.
pub fn cancel(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: Uuid,
    now: Timestamp,
) -> StoreResult<CollectionChanged> {
    let key = id.to_string();
    find(conn, kind, scope, &key)?;
    let mut items = lock_items(conn, kind, &key, &UNFINISHED)?;
    if lock_head(conn, kind, scope, &key)?.status.is_final() {
        let detail = "Everything in it has ended already.";
        return Err(StoreError::refused(ErrorCode::NotCancellable, detail));
    }
    if kind == Collection::Playlist {
        // Its row is locked, so no page can come any more; one may have come just before.
        items = lock_items(conn, kind, &key, &UNFINISHED)?;
        end_expansion(conn, &key)?;
    }
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    diesel::update(downloads::table.filter(downloads::id.eq_any(&ids)))
        .set((
            downloads::status.eq(Status::Cancelled.slug()),
            downloads::completed_at.eq(now.as_millis()),
            ended_run(),
        ))
        .execute(conn)?;
    mark_cancelled(conn, kind, &key)?;
    let change = Change::default().entered(items.len(), Status::Cancelled);
    collections::book(conn, kind, &key, change, now)?;
    changed(conn, kind, scope, &key, &items, Vec::new())
}

fn mark_cancelled(conn: &mut AnyConnection, kind: Collection, id: &str) -> StoreResult<()> {
    match kind {
        Collection::Batch => diesel::update(batches::table.find(id))
            .set(batches::is_cancelled.eq(true))
            .execute(conn)?,
        Collection::Playlist => diesel::update(playlists::table.find(id))
            .set(playlists::is_cancelled.eq(true))
            .execute(conn)?,
    };
    Ok(())
}

/// Takes the expansion from whoever has it; what there is of items is all there will be.
fn end_expansion(conn: &mut AnyConnection, id: &str) -> StoreResult<()> {
    raise_floor(conn, Collection::Playlist, id)?;
    let count = downloads::table.filter(downloads::playlist_id.eq(id)).count();
    let count: i64 = count.get_result(conn)?;
    let total = i32::try_from(count).unwrap_or(i32::MAX);
    diesel::update(playlists::table.find(id).filter(playlists::total.is_null()))
        .set((
            playlists::total.eq(total),
            playlists::lease_owner.eq(None::<String>),
            playlists::lease_until.eq(None::<i64>),
            playlists::held_until.eq(None::<i64>),
            playlists::fence.eq(playlists::fence + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Queues the failed and cancelled items again, behind everything that the user has waiting, and
/// goes on with an expansion that did not come to its end.
///
/// # Errors
/// `not_found`; `not_retryable` where nothing failed or was cancelled; `quota_exceeded`;
/// `account_disabled`.
pub fn retry(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: Uuid,
    now: Timestamp,
) -> StoreResult<CollectionChanged> {
    let key = id.to_string();
    let account = accounts::lock_active(conn, scope.user_id)?;
    find(conn, kind, scope, &key)?;
    let items = lock_items(conn, kind, &key, &UNSUCCESSFUL)?;
    let head = lock_head(conn, kind, scope, &key)?;
    let expands = head.status.is_final() && !head.is_expanded;
    if items.is_empty() && !expands {
        let detail = "Nothing in it has failed or was cancelled.";
        return Err(StoreError::refused(ErrorCode::NotRetryable, detail));
    }
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    usage::admit_again(conn, &account, count, now)?;
    let first = queue::next_bulk_turn(conn, &head.platform, scope.user_id)?;
    let turns = (0..).map(|number: i64| first.saturating_add(number));
    for (item, turn) in items.iter().zip(turns) {
        diesel::update(downloads::table.find(&item.id)).set(Again::at(turn)).execute(conn)?;
    }
    let mut change = Change::default();
    for item in &items {
        change = change.moved(1, item.status()?, Status::Pending);
    }
    if expands {
        expand_again(conn, &key)?;
    }
    collections::book(conn, kind, &key, change, now)?;
    changed(conn, kind, scope, &key, &items, Vec::new())
}

fn expand_again(conn: &mut AnyConnection, id: &str) -> StoreResult<()> {
    raise_floor(conn, Collection::Playlist, id)?;
    diesel::update(playlists::table.find(id))
        .set((
            playlists::total.eq(None::<i32>),
            playlists::is_cancelled.eq(false),
            playlists::attempts.eq(0),
            playlists::error_code.eq(None::<String>),
            playlists::error.eq(None::<String>),
            playlists::remedy.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a collection with its items, also running ones, and names the files that the caller must
/// now remove.
///
/// # Errors
/// `not_found`.
pub fn delete(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: Uuid,
) -> StoreResult<CollectionChanged> {
    let key = id.to_string();
    find(conn, kind, scope, &key)?;
    let mut items = lock_items(conn, kind, &key, Status::ALL)?;
    lock_head(conn, kind, scope, &key)?;
    if kind == Collection::Playlist {
        items = lock_items(conn, kind, &key, Status::ALL)?;
    }
    match kind {
        Collection::Batch => diesel::delete(batches::table.find(&key)).execute(conn)?,
        Collection::Playlist => diesel::delete(playlists::table.find(&key)).execute(conn)?,
    };
    let files = items.iter().filter_map(DownloadRow::file).collect();
    Ok(CollectionChanged { status: None, downloads: ids(&items)?, files })
}

/// Keeps what is shown as progress from falling when items are added or removed.
///
/// # Errors
/// The database's.
pub(crate) fn raise_floor(conn: &mut AnyConnection, kind: Collection, id: &str) -> StoreResult<()> {
    let tally = collections::tally(conn, kind, id)?;
    match kind {
        Collection::Batch => {
            let shown = tally.mean(tally.count);
            let batch = batches::table.find(id).filter(batches::progress_floor.lt(shown));
            diesel::update(batch).set(batches::progress_floor.eq(shown)).execute(conn)?;
        }
        Collection::Playlist => {
            let expected: Option<(Option<i32>, Option<i32>)> = playlists::table
                .find(id)
                .select((playlists::total, playlists::expected_total))
                .first(conn)
                .optional()?;
            let expected = expected.and_then(|(total, expected)| total.or(expected));
            let shown = expected.map_or(0.0, |total| tally.mean(f64::from(total)));
            let playlist = playlists::table.find(id).filter(playlists::progress_floor.lt(shown));
            diesel::update(playlist).set(playlists::progress_floor.eq(shown)).execute(conn)?;
        }
    }
    Ok(())
}

fn find(conn: &mut AnyConnection, kind: Collection, scope: &Scope, id: &str) -> StoreResult<Head> {
    head(conn, kind, scope, id, false)
}

/// The row, locked until the transaction ends.
fn lock_head(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: &str,
) -> StoreResult<Head> {
    head(conn, kind, scope, id, true)
}

fn head(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: &str,
    lock: bool,
) -> StoreResult<Head> {
    // A change of nothing locks the row on either database and returns it.
    let columns = match kind {
        Collection::Batch => sql::<Bool>("TRUE"),
        Collection::Playlist => sql::<Bool>("is_expanded"),
    };
    let returning =
        (sql::<Text>("status"), sql::<Text>("platform"), sql::<BigInt>("user_id"), columns);
    let row: Option<(String, String, i64, bool)> = if lock {
        let touch = Statement::returning(returning)
            .sql("UPDATE ")
            .sql(kind.table())
            .sql(" SET completed = completed WHERE id = ")
            .text(id);
        on_either!(conn, conn => touch.get_result(conn).optional()?)
    } else {
        match kind {
            Collection::Batch => {
                batches::table.find(id).select(returning).first(conn).optional()?
            }
            Collection::Playlist => {
                playlists::table.find(id).select(returning).first(conn).optional()?
            }
        }
    };
    let row = row
        .filter(|(_, platform, user_id, _)| *user_id == scope.user_id && scope.includes(platform));
    let (status, platform, _, is_expanded) = row.ok_or_else(collections::missing)?;
    Ok(Head { status: slug("a status", &status, Status::from_slug)?, platform, is_expanded })
}

fn changed(
    conn: &mut AnyConnection,
    kind: Collection,
    scope: &Scope,
    id: &str,
    items: &[DownloadRow],
    files: Vec<StoredFile>,
) -> StoreResult<CollectionChanged> {
    let status = find(conn, kind, scope, id)?.status;
    Ok(CollectionChanged { status: Some(status), downloads: ids(items)?, files })
}

fn ids(items: &[DownloadRow]) -> StoreResult<Vec<Uuid>> {
    items.iter().map(|item| uuid("a download's id", &item.id)).collect()
}
