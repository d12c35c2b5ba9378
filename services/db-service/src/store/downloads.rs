//! One download of one user: made, looked at, cancelled, tried again, deleted.

use common_types::{
    ErrorCode, Timestamp,
    download::{DownloadType, Status},
    internal::{
        collections::NewItem,
        downloads::{DownloadRecord, DownloadRemoved, Made, NewDownload},
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, load_locked},
    error::{StoreError, StoreResult},
    models::{
        account::AccountRow,
        download::{DownloadRow, OptionColumns},
    },
    schema::downloads,
    store::{
        accounts, bulk,
        collections::{self, Collection},
        idempotency::{self, Kind},
        items, queue, usage,
    },
};

/// Whose download is meant, and of which platform if the caller knows but one.
#[derive(Debug, Clone)]
pub struct Scope {
    pub user_id: i64,
    pub platform: Option<String>,
}

impl Scope {
    pub(crate) fn includes(&self, platform: &str) -> bool {
        self.platform.as_ref().is_none_or(|known| *known == platform)
    }
}

/// What asking for something came to.
#[derive(Debug)]
pub enum Created<T> {
    New(T),
    /// The same idempotency key made it before; it may have been deleted since.
    Before(Made),
}

/// Queues a download.
///
/// # Errors
/// `not_found` for the user; `account_disabled`; `already_exists` when the idempotency key came with
/// another request; `quota_exceeded`.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewDownload,
    now: Timestamp,
) -> StoreResult<Created<DownloadRecord>> {
    let account = accounts::lock_active(conn, user_id)?;
    if let Some(key) = &new.idempotency
        && let Some(made) = idempotency::find(conn, user_id, key, now)?
    {
        return Ok(Created::Before(made));
    }
    usage::admit(conn, &account, 1, now)?;
    let record = insert(conn, &account, new, now)?.into_record()?;
    if let Some(key) = &new.idempotency {
        idempotency::remember(conn, user_id, key, Kind::Download, &Made::from(&record), now)?;
    }
    Ok(Created::New(record))
}

fn insert(
    conn: &mut AnyConnection,
    account: &AccountRow,
    new: &NewDownload,
    now: Timestamp,
) -> StoreResult<DownloadRow> {
    let turn = queue::next_turn(conn, &new.platform, account.id)?;
    let options = OptionColumns::new(&new.options)?;
    let item =
        NewItem { url: new.url.clone(), video_id: new.video_id.clone(), known: new.known.clone() };
    let row = items::single(account.id, &new.platform, &item, &options, turn, now)?;
    let row = diesel::insert_into(downloads::table)
        .values(row)
        .returning(downloads::all_columns)
        .get_result(conn)?;
    Ok(row)
}

/// The download, if it is within the scope.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, scope: &Scope, id: Uuid) -> StoreResult<DownloadRecord> {
    find_row(conn, scope, &id.to_string())?.into_record()
}

fn find_row(conn: &mut AnyConnection, scope: &Scope, id: &str) -> StoreResult<DownloadRow> {
    let row = downloads::table
        .find(id)
        .filter(downloads::user_id.eq(scope.user_id))
        .select(DownloadRow::as_select())
        .first(conn)
        .optional()?;
    within(scope, row)
}

fn within(scope: &Scope, row: Option<DownloadRow>) -> StoreResult<DownloadRow> {
    row.filter(|row| scope.includes(&row.platform))
        .ok_or_else(|| StoreError::refused(ErrorCode::NotFound, "There is no such download."))
}

/// The row, locked until the transaction ends, so that what is decided by it stays true.
fn lock(conn: &mut AnyConnection, scope: &Scope, id: Uuid) -> StoreResult<DownloadRow> {
    let query = downloads::table.find(id.to_string()).filter(downloads::user_id.eq(scope.user_id));
    let rows: Vec<DownloadRow> = load_locked!(conn, query, DownloadRow);
    within(scope, rows.into_iter().next())
}

/// Cancels a download that waits or runs. A worker that runs it learns so at its next heartbeat.
///
/// # Errors
/// `not_found`; `not_cancellable` once it has ended.
pub fn cancel(
    conn: &mut AnyConnection,
    scope: &Scope,
    id: Uuid,
    now: Timestamp,
) -> StoreResult<DownloadRecord> {
    let before = lock(conn, scope, id)?.status()?;
    if before.is_final() {
        let detail = "This download has ended already.";
        return Err(StoreError::refused(ErrorCode::NotCancellable, detail));
    }
    let row: DownloadRow = diesel::update(downloads::table.find(id.to_string()))
        .set((
            downloads::status.eq(Status::Cancelled.slug()),
            downloads::completed_at.eq(now.as_millis()),
            ended_run(),
        ))
        .returning(downloads::all_columns)
        .get_result(conn)?;
    collections::item_moved(conn, &row, before, Status::Cancelled, now)?;
    row.into_record()
}

/// What is no longer true of a download that does not run any more.
#[derive(AsChangeset)]
#[diesel(table_name = downloads, treat_none_as_null = true)]
pub(crate) struct EndedRun {
    lease_owner: Option<String>,
    lease_until: Option<i64>,
    phase: Option<String>,
    speed_bps: Option<f64>,
    eta_seconds: Option<i64>,
    held_until: Option<i64>,
    held_for: Option<String>,
}

pub(crate) const fn ended_run() -> EndedRun {
    EndedRun {
        lease_owner: None,
        lease_until: None,
        phase: None,
        speed_bps: None,
        eta_seconds: None,
        held_until: None,
        held_for: None,
    }
}

/// Queues a failed or cancelled download again. Its progress stays, for it never goes back, and so
/// does its fencing token, so that a worker of before cannot speak for it.
///
/// # Errors
/// `not_found`; `not_retryable`; `quota_exceeded`; `account_disabled`.
pub fn retry(
    conn: &mut AnyConnection,
    scope: &Scope,
    id: Uuid,
    now: Timestamp,
) -> StoreResult<DownloadRecord> {
    let account = accounts::lock_active(conn, scope.user_id)?;
    let before = lock(conn, scope, id)?;
    let status = before.status()?;
    if !matches!(status, Status::Failed | Status::Cancelled) {
        let detail = "Only a failed or cancelled download can be tried again.";
        return Err(StoreError::refused(ErrorCode::NotRetryable, detail));
    }
    usage::admit_again(conn, &account, 1, now)?;
    let turn = match before.kind()? {
        DownloadType::Single => queue::next_turn(conn, &before.platform, scope.user_id)?,
        _ => queue::next_bulk_turn(conn, &before.platform, scope.user_id)?,
    };
    let row: DownloadRow = diesel::update(downloads::table.find(id.to_string()))
        .set(Again::at(turn))
        .returning(downloads::all_columns)
        .get_result(conn)?;
    collections::item_moved(conn, &row, status, Status::Pending, now)?;
    row.into_record()
}

/// The columns of a download that someone asks for again.
#[derive(AsChangeset)]
#[diesel(table_name = downloads, treat_none_as_null = true)]
pub(crate) struct Again {
    status: &'static str,
    turn: i64,
    attempts: i32,
    error_code: Option<String>,
    error: Option<String>,
    remedy: Option<String>,
    started_at: Option<i64>,
    completed_at: Option<i64>,
}

impl Again {
    pub(crate) fn at(turn: i64) -> Self {
        Self {
            status: Status::Pending.slug(),
            turn,
            attempts: 0,
            error_code: None,
            error: None,
            remedy: None,
            started_at: None,
            completed_at: None,
        }
    }
}

/// Deletes a download, also one that runs, and names the file that the caller must now remove.
///
/// # Errors
/// `not_found`.
pub fn delete(
    conn: &mut AnyConnection,
    scope: &Scope,
    id: Uuid,
    now: Timestamp,
) -> StoreResult<DownloadRemoved> {
    let row = lock(conn, scope, id)?;
    if let Some((kind, collection)) = Collection::of(&row) {
        bulk::raise_floor(conn, kind, collection)?;
    }
    diesel::delete(downloads::table.find(&row.id)).execute(conn)?;
    collections::item_removed(conn, &row, now)?;
    Ok(DownloadRemoved { id, file: row.file() })
}
