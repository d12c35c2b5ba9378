//! Files of completed downloads: when retention takes them, and which there should be.

use std::time::Duration;

use common_types::{
    Timestamp,
    download::{DownloadType, Status},
    internal::{
        changes::Mark,
        downloads::StoredFile,
        files::{ExpireRequest, FileOfDownload, FileOwner, FilesQuery},
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, load_locked},
    error::StoreResult,
    models::{
        download::DownloadRow,
        value::{to_column, uuid},
    },
    schema::{downloads, playlists},
    store::collections,
};

const MAX_PAGE: u32 = 1000;
/// How long the row of what failed, was cancelled or has lost its file is kept as history.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How many rows one purge deletes.
const BATCH: i64 = 200;

/// Gives up files whose time has come: from now on their rows say that they are gone, and whoever
/// asked removes them. What it fails to remove is an orphan, and a sweep's.
///
/// # Errors
/// The database's.
pub fn expire(
    conn: &mut AnyConnection,
    request: &ExpireRequest,
    now: Timestamp,
) -> StoreResult<(Vec<StoredFile>, Vec<Mark>)> {
    let query = downloads::table
        .filter(downloads::platform.eq(&request.platform))
        .filter(downloads::expires_at.le(now.as_millis()))
        .filter(downloads::file_removed_at.is_null())
        .order(downloads::id)
        .limit(i64::from(request.limit.min(MAX_PAGE)));
    let rows: Vec<DownloadRow> = load_locked!(conn, query, DownloadRow, skip_locked);
    note_removed(conn, rows.iter().map(|row| row.id.clone()).collect(), now)?;
    let marks = rows.iter().map(DownloadRow::mark).collect::<StoreResult<_>>()?;
    Ok((rows.iter().filter_map(DownloadRow::file).collect(), marks))
}

/// These downloads have lost their files.
///
/// # Errors
/// The database's.
pub fn note_lost(conn: &mut AnyConnection, ids: &[Uuid], now: Timestamp) -> StoreResult<()> {
    note_removed(conn, ids.iter().map(Uuid::to_string).collect(), now)
}

fn note_removed(conn: &mut AnyConnection, mut ids: Vec<String>, now: Timestamp) -> StoreResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    ids.sort_unstable();
    let completed = downloads::table
        .filter(downloads::id.eq_any(ids))
        .filter(downloads::status.eq(Status::Completed.slug()))
        .filter(downloads::file_removed_at.is_null());
    diesel::update(completed).set(downloads::file_removed_at.eq(now.as_millis())).execute(conn)?;
    Ok(())
}

/// The keys of the files that these owners have.
///
/// # Errors
/// The database's.
pub fn known(conn: &mut AnyConnection, owners: &[FileOwner]) -> StoreResult<Vec<String>> {
    let of = |kind: DownloadType| -> Vec<String> {
        let owners = owners.iter().filter(|owner| owner.kind == kind);
        owners.map(|owner| owner.id.to_string()).collect()
    };
    let named = downloads::table
        .filter(downloads::file_key.is_not_null())
        .filter(downloads::file_removed_at.is_null())
        .select(downloads::file_key.assume_not_null());
    let mut keys: Vec<String> =
        named.filter(downloads::id.eq_any(of(DownloadType::Single))).load(conn)?;
    let batches = of(DownloadType::Batch);
    keys.extend(named.filter(downloads::batch_id.eq_any(batches)).load::<String>(conn)?);
    let playlists = of(DownloadType::Playlist);
    keys.extend(named.filter(downloads::playlist_id.eq_any(playlists)).load::<String>(conn)?);
    Ok(keys)
}

/// A page of the files that there should be, by the ids of their downloads.
///
/// # Errors
/// The database's.
pub fn page(conn: &mut AnyConnection, query: &FilesQuery) -> StoreResult<Vec<FileOfDownload>> {
    let after = query.after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<DownloadRow> = downloads::table
        .filter(downloads::platform.eq(&query.platform))
        .filter(downloads::id.gt(after))
        .filter(downloads::file_key.is_not_null())
        .filter(downloads::file_removed_at.is_null())
        .order(downloads::id)
        .limit(i64::from(query.limit.min(MAX_PAGE)))
        .select(DownloadRow::as_select())
        .load(conn)?;
    with_files(&rows)
}

/// As [`page`], of all platforms together.
///
/// # Errors
/// The database's.
pub fn all(
    conn: &mut AnyConnection,
    after: Option<Uuid>,
    limit: u32,
) -> StoreResult<Vec<FileOfDownload>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<DownloadRow> = downloads::table
        .filter(downloads::id.gt(after))
        .filter(downloads::file_key.is_not_null())
        .filter(downloads::file_removed_at.is_null())
        .order(downloads::id)
        .limit(i64::from(limit.min(MAX_PAGE)))
        .select(DownloadRow::as_select())
        .load(conn)?;
    with_files(&rows)
}

fn with_files(rows: &[DownloadRow]) -> StoreResult<Vec<FileOfDownload>> {
    let files = rows.iter().filter_map(|row| Some((row, row.file()?)));
    files
        .map(|(row, file)| Ok(FileOfDownload { download: uuid("a download's id", &row.id)?, file }))
        .collect()
}

/// Rows that were kept as history for long enough, some of them. Ids grow with time, so they stand
/// at the head of the table.
///
/// # Errors
/// The database's.
pub fn outlived(conn: &mut AnyConnection, now: Timestamp) -> StoreResult<Vec<String>> {
    let oldest = now.as_millis().saturating_sub(to_column(HISTORY.as_secs()).saturating_mul(1000));
    let without_file = downloads::status
        .eq_any([Status::Failed.slug(), Status::Cancelled.slug()])
        .or(downloads::file_removed_at.is_not_null());
    let ids = downloads::table
        .filter(downloads::id.lt(first_id_of(oldest)))
        .filter(downloads::completed_at.lt(oldest))
        .filter(without_file)
        .order(downloads::id)
        .limit(BATCH)
        .select(downloads::id)
        .load(conn)?;
    Ok(ids)
}

/// The least UUIDv7 of a time (RFC 9562, section 5.7).
fn first_id_of(millis: i64) -> String {
    let millis = u64::try_from(millis).unwrap_or(0);
    let high = u128::from(millis & 0xffff_ffff_ffff) << 80;
    Uuid::from_u128(high).to_string()
}

/// Forgets what [`outlived`] named, and the collections that have nothing left.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut AnyConnection, ids: &[String], now: Timestamp) -> StoreResult<usize> {
    let query = downloads::table
        .filter(downloads::id.eq_any(ids))
        .filter(downloads::status.ne_all([Status::Pending.slug(), Status::Downloading.slug()]))
        .order(downloads::id);
    let rows: Vec<DownloadRow> = load_locked!(conn, query, DownloadRow);
    for row in &rows {
        diesel::delete(downloads::table.find(&row.id)).execute(conn)?;
        collections::item_removed(conn, row, now)?;
    }
    let oldest = now.as_millis().saturating_sub(to_column(HISTORY.as_secs()).saturating_mul(1000));
    forget_empty_playlists(conn, oldest)?;
    Ok(rows.len())
}

/// A playlist that never had an item has none that could take it along; a batch has one at least.
fn forget_empty_playlists(conn: &mut AnyConnection, oldest: i64) -> StoreResult<()> {
    let empty = playlists::table
        .filter(playlists::id.lt(first_id_of(oldest)))
        .filter(playlists::completed_at.lt(oldest))
        .filter(playlists::total.eq(0));
    diesel::delete(empty).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_time_stands_before_all_of_that_time() {
        let now = 1_800_000_000_000_u64;
        let seconds = uuid::Timestamp::from_unix_time(now / 1000, 0, 0, 0);
        let id = Uuid::new_v7(seconds).to_string();
        let now = i64::try_from(now).unwrap();
        assert!(first_id_of(now) <= id && id < first_id_of(now + 1));
    }
}
