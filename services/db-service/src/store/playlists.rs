//! A playlist of one user, asked for as a whole: a worker finds out what is in it.

use common_types::{
    ErrorCode, Timestamp,
    download::Status,
    internal::{
        collections::{NewPlaylist, PlaylistRecord},
        downloads::Made,
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::{
        collection::{NewPlaylistRow, PlaylistRow, count_column, index_column},
        download::{DownloadRow, OptionColumns},
        value::{TEXT_CHARS, optional_text},
    },
    schema::playlists,
    store::{
        accounts,
        collections::{self, Collection},
        downloads::{Created, Scope},
        idempotency::{self, Kind},
        usage,
    },
};

/// Queues a playlist to be enumerated. An account that may have only so many downloads more gets so
/// many of its items.
///
/// # Errors
/// `not_found` for the user; `account_disabled`; `already_exists` when the idempotency key came with
/// another request; `quota_exceeded`.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewPlaylist,
    now: Timestamp,
) -> StoreResult<Created<PlaylistRecord>> {
    let account = accounts::lock_active(conn, user_id)?;
    if let Some(key) = &new.idempotency
        && let Some(made) = idempotency::find(conn, user_id, key, now)?
    {
        return Ok(Created::Before(made));
    }
    usage::admit(conn, &account, 1, now)?;
    let left = usage::left(conn, &account, 0, now)?;
    let id = insert(conn, user_id, new, left, now)?;
    let record = get(conn, &Scope { user_id, platform: None }, &id)?;
    if let Some(key) = &new.idempotency {
        idempotency::remember(conn, user_id, key, Kind::Playlist, &Made::from(&record), now)?;
    }
    Ok(Created::New(record))
}

fn insert(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewPlaylist,
    left: Option<u64>,
    now: Timestamp,
) -> StoreResult<String> {
    if [&new.platform, &new.url, &new.site_id].iter().any(|text| text.contains('\0')) {
        let detail = "A URL must not contain NUL.";
        return Err(StoreError::refused(ErrorCode::InvalidRequest, detail));
    }
    let id = Uuid::now_v7().to_string();
    let options = OptionColumns::new(&new.options)?;
    let max_items = index_column(new.max_items.max(1)).min(left.map_or(i32::MAX, count_column));
    let row = NewPlaylistRow {
        id: &id,
        user_id,
        platform: &new.platform,
        url: &new.url,
        site_id: &new.site_id,
        title: optional_text(new.title.as_deref(), TEXT_CHARS),
        uploader: optional_text(new.uploader.as_deref(), TEXT_CHARS),
        start_index: new.selection.start_index.map(index_column),
        end_index: new.selection.end_index.map(index_column),
        items: new.selection.items.as_deref(),
        format: new.options.format.slug(),
        quality: new.options.quality.slug(),
        options: &options.further,
        status: Status::Pending.slug(),
        max_items,
        expected_total: new.known_total.map(|total| count_column(total).min(max_items)),
        created_at: now.as_millis(),
    };
    diesel::insert_into(playlists::table).values(row).execute(conn)?;
    Ok(id)
}

/// A playlist and its items, if it is within the scope.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, scope: &Scope, id: &str) -> StoreResult<PlaylistRecord> {
    let row: Option<PlaylistRow> = playlists::table
        .find(id)
        .filter(playlists::user_id.eq(scope.user_id))
        .select(PlaylistRow::as_select())
        .first(conn)
        .optional()?;
    let row = row.filter(|row| scope.includes(&row.platform)).ok_or_else(collections::missing)?;
    let items = collections::items(conn, Collection::Playlist, id)?;
    row.into_record(items.into_iter().map(DownloadRow::into_record).collect::<StoreResult<_>>()?)
}
