//! How things stand, by id and whoever's they are: for events, whose reader knows whom to show what.

use common_types::{
    Timestamp,
    internal::{
        changes::{States, StatesRequest},
        collections::{BatchRecord, PlaylistRecord},
        downloads::DownloadRecord,
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    models::{
        collection::{BatchRow, PlaylistRow},
        download::DownloadRow,
    },
    schema::{batches, downloads, playlists},
    store::{
        collections::{self, Collection},
        pauses,
    },
};

/// # Errors
/// The database's.
pub fn of(
    conn: &mut AnyConnection,
    request: &StatesRequest,
    now: Timestamp,
) -> StoreResult<States> {
    let mut downloads = downloads_of(conn, &request.downloads)?;
    pauses::show(conn, downloads.iter_mut().map(|record| &mut record.download), now)?;
    Ok(States {
        downloads,
        batches: batches_of(conn, &request.batches)?,
        playlists: playlists_of(conn, &request.playlists)?,
    })
}

fn downloads_of(conn: &mut AnyConnection, ids: &[Uuid]) -> StoreResult<Vec<DownloadRecord>> {
    let rows: Vec<DownloadRow> = downloads::table
        .filter(downloads::id.eq_any(texts(ids)))
        .select(DownloadRow::as_select())
        .load(conn)?;
    rows.into_iter().map(DownloadRow::into_record).collect()
}

fn batches_of(conn: &mut AnyConnection, ids: &[Uuid]) -> StoreResult<Vec<BatchRecord>> {
    let rows: Vec<BatchRow> = batches::table
        .filter(batches::id.eq_any(texts(ids)))
        .select(BatchRow::as_select())
        .load(conn)?;
    let summary = |row: BatchRow| {
        let tally = collections::tally(conn, Collection::Batch, &row.id)?;
        row.into_summary(tally)
    };
    rows.into_iter().map(summary).collect()
}

fn playlists_of(conn: &mut AnyConnection, ids: &[Uuid]) -> StoreResult<Vec<PlaylistRecord>> {
    let rows: Vec<PlaylistRow> = playlists::table
        .filter(playlists::id.eq_any(texts(ids)))
        .select(PlaylistRow::as_select())
        .load(conn)?;
    let summary = |row: PlaylistRow| {
        let tally = collections::tally(conn, Collection::Playlist, &row.id)?;
        row.into_summary(tally)
    };
    rows.into_iter().map(summary).collect()
}

fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}
