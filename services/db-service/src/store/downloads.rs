//! One download of one user: made, looked at, cancelled, tried again, deleted.

use common_types::{
    ErrorCode, Timestamp,
    download::{DownloadType, Status},
    internal::downloads::{DownloadRecord, DownloadRemoved, NewDownload},
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::{
        account::AccountRow,
        download::{DownloadRow, KnownColumns, NewDownloadRow, further_options},
    },
    schema::downloads,
    store::{accounts, idempotency, queue, usage},
};

/// Whose download is meant, and of which platform if the caller knows but one.
#[derive(Debug, Clone)]
pub struct Scope {
    pub user_id: i64,
    pub platform: Option<String>,
}

/// What asking for a download came to.
#[derive(Debug)]
pub enum Created {
    New(DownloadRecord),
    /// The same idempotency key made it before.
    Before(DownloadRecord),
}

/// Queues a download.
///
/// # Errors
/// `not_found` for the user, or when what the key made was deleted since; `account_disabled`;
/// `already_exists` when the idempotency key came with another request; `quota_exceeded`.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewDownload,
    now: Timestamp,
) -> StoreResult<Created> {
    let account = accounts::lock_active(conn, user_id)?;
    if let Some(key) = &new.idempotency
        && let Some(made) = idempotency::find(conn, user_id, key, now)?
    {
        let scope = Scope { user_id, platform: None };
        return find_row(conn, &scope, &made)?.into_record().map(Created::Before);
    }
    usage::admit(conn, &account, now)?;
    let row = insert(conn, &account, new, now)?;
    if let Some(key) = &new.idempotency {
        idempotency::remember(conn, user_id, key, &row.id, now)?;
    }
    row.into_record().map(Created::New)
}

fn insert(
    conn: &mut AnyConnection,
    account: &AccountRow,
    new: &NewDownload,
    now: Timestamp,
) -> StoreResult<DownloadRow> {
    if [&new.platform, &new.url, &new.video_id].iter().any(|text| text.contains('\0')) {
        let detail = "A URL must not contain NUL.";
        return Err(StoreError::refused(ErrorCode::InvalidRequest, detail));
    }
    let known = KnownColumns::from(&new.known);
    let row = NewDownloadRow {
        id: Uuid::now_v7().to_string(),
        user_id: account.id,
        kind: DownloadType::Single.slug(),
        platform: &new.platform,
        url: &new.url,
        video_id: &new.video_id,
        title: known.title,
        uploader: known.uploader,
        duration: known.duration,
        thumbnail: known.thumbnail,
        format: new.options.format.slug(),
        quality: new.options.quality.slug(),
        options: further_options(&new.options)?,
        status: Status::Pending.slug(),
        turn: queue::next_turn(conn, &new.platform, account.id)?,
        created_at: now.as_millis(),
    };
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
    let is_foreign = |row: &DownloadRow| {
        scope.platform.as_ref().is_some_and(|platform| *platform != row.platform)
    };
    row.filter(|row| !is_foreign(row))
        .ok_or_else(|| StoreError::refused(ErrorCode::NotFound, "There is no such download."))
}

/// The row, locked until the transaction ends, so that what is decided by it stays true.
fn lock(conn: &mut AnyConnection, scope: &Scope, id: Uuid) -> StoreResult<DownloadRow> {
    let row = downloads::table.find(id.to_string()).filter(downloads::user_id.eq(scope.user_id));
    let row = match conn {
        AnyConnection::Postgres(conn) => {
            row.for_update().select(DownloadRow::as_select()).first(conn)
        }
        AnyConnection::Sqlite(conn) => row.select(DownloadRow::as_select()).first(conn),
    }
    .optional()?;
    within(scope, row)
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
    if lock(conn, scope, id)?.status()?.is_final() {
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
}

pub(crate) const fn ended_run() -> EndedRun {
    EndedRun {
        lease_owner: None,
        lease_until: None,
        phase: None,
        speed_bps: None,
        eta_seconds: None,
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
    if !matches!(before.status()?, Status::Failed | Status::Cancelled) {
        let detail = "Only a failed or cancelled download can be tried again.";
        return Err(StoreError::refused(ErrorCode::NotRetryable, detail));
    }
    usage::admit_again(conn, &account, now)?;
    let turn = queue::next_turn(conn, &before.platform, scope.user_id)?;
    let none = None::<String>;
    let row: DownloadRow = diesel::update(downloads::table.find(id.to_string()))
        .set((
            downloads::status.eq(Status::Pending.slug()),
            downloads::turn.eq(turn),
            downloads::attempts.eq(0),
            downloads::error_code.eq(&none),
            downloads::error.eq(&none),
            downloads::remedy.eq(&none),
            downloads::started_at.eq(None::<i64>),
            downloads::completed_at.eq(None::<i64>),
        ))
        .returning(downloads::all_columns)
        .get_result(conn)?;
    row.into_record()
}

/// Deletes a download, also one that runs, and names the file that the caller must now remove.
///
/// # Errors
/// `not_found`.
pub fn delete(conn: &mut AnyConnection, scope: &Scope, id: Uuid) -> StoreResult<DownloadRemoved> {
    let row = lock(conn, scope, id)?;
    diesel::delete(downloads::table.find(&row.id)).execute(conn)?;
    Ok(DownloadRemoved { id, file: row.file() })
}
