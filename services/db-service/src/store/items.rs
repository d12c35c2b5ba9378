//! New downloads, as rows.

use common_types::{
    ErrorCode, MediaProblem, Timestamp,
    download::{DownloadType, Status},
    internal::{collections::NewItem, downloads::KnownMedia},
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, on_either},
    error::{StoreError, StoreResult},
    models::{
        collection::index_column,
        download::{KnownColumns, NewDownloadRow, OptionColumns},
        value::{TEXT_CHARS, text, uuid},
    },
    schema::downloads,
    store::collections::Collection,
};

/// How many rows one statement inserts: their values must fit into SQLite's 32,766 parameters.
const ROWS: usize = 500;

/// Where new items belong.
pub(crate) struct Place<'a> {
    pub(crate) user_id: i64,
    pub(crate) platform: &'a str,
    pub(crate) options: &'a OptionColumns,
    pub(crate) kind: Collection,
    /// Of the collection.
    pub(crate) id: &'a str,
}

/// Inserts items, each at a turn of its own from `turn` on; those with a problem as failed. Names
/// what was inserted.
///
/// # Errors
/// `invalid_request` for text that no column can hold.
pub(crate) fn insert<'a>(
    conn: &mut AnyConnection,
    place: &Place<'_>,
    items: impl Iterator<Item = (u32, &'a NewItem, Option<&'a MediaProblem>)>,
    turn: i64,
    now: Timestamp,
) -> StoreResult<Vec<Uuid>> {
    let turns = (0..).map(|number: i64| turn.saturating_add(number));
    let rows = items.zip(turns).map(|(entry, turn)| row(place, entry, turn, now));
    let rows: Vec<NewDownloadRow<'_>> = rows.collect::<StoreResult<_>>()?;
    for chunk in rows.chunks(ROWS) {
        let insert = diesel::insert_into(downloads::table).values(chunk);
        on_either!(conn, conn => insert.execute(conn)?);
    }
    rows.iter().map(|row| uuid("a download's id", &row.id)).collect()
}

fn row<'a>(
    place: &Place<'a>,
    (position, item, problem): (u32, &'a NewItem, Option<&MediaProblem>),
    turn: i64,
    now: Timestamp,
) -> StoreResult<NewDownloadRow<'a>> {
    let single = single(place.user_id, place.platform, item, place.options, turn, now)?;
    let is_batch = place.kind == Collection::Batch;
    Ok(NewDownloadRow {
        kind: if is_batch { DownloadType::Batch } else { DownloadType::Playlist }.slug(),
        batch_id: is_batch.then_some(place.id),
        playlist_id: (!is_batch).then_some(place.id),
        position: Some(index_column(position)),
        status: if problem.is_some() { Status::Failed } else { Status::Pending }.slug(),
        error_code: problem.map(|problem| problem.error_code.slug()),
        error: problem.map(|problem| text(&problem.error, TEXT_CHARS)),
        remedy: problem.map(|problem| text(&problem.remedy, TEXT_CHARS)),
        completed_at: problem.map(|_| now.as_millis()),
        ..single
    })
}

/// The row of a single download that waits.
///
/// # Errors
/// `invalid_request` for text that no column can hold.
pub(crate) fn single<'a>(
    user_id: i64,
    platform: &'a str,
    item: &'a NewItem,
    options: &'a OptionColumns,
    turn: i64,
    now: Timestamp,
) -> StoreResult<NewDownloadRow<'a>> {
    let NewItem { url, video_id, known } = item;
    if [platform, url, video_id].iter().any(|text| text.contains('\0')) {
        let detail = "A URL must not contain NUL.";
        return Err(StoreError::refused(ErrorCode::InvalidRequest, detail));
    }
    let known: &KnownMedia = known;
    let known = KnownColumns::from(known);
    Ok(NewDownloadRow {
        id: Uuid::now_v7().to_string(),
        user_id,
        kind: DownloadType::Single.slug(),
        platform,
        batch_id: None,
        playlist_id: None,
        position: None,
        url,
        video_id,
        title: known.title,
        uploader: known.uploader,
        duration: known.duration,
        thumbnail: known.thumbnail,
        format: &options.format,
        quality: &options.quality,
        options: &options.further,
        status: Status::Pending.slug(),
        error_code: None,
        error: None,
        remedy: None,
        turn,
        created_at: now.as_millis(),
        completed_at: None,
    })
}
