//! The end of a job: finished or handed back, by whoever holds its lease and by nobody else.

use common_types::{
    ErrorCode, MediaProblem, Timestamp,
    download::Status,
    internal::{
        downloads::{DownloadRecord, KnownMedia, StoredFile},
        jobs::{Finish, LeaseHolder, Outcome, Outlook},
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, in_transaction, on_either},
    error::{StoreError, StoreResult},
    models::{
        download::{DownloadRow, KnownColumns},
        value::{TEXT_CHARS, instant, text, to_column},
    },
    schema::{downloads, users},
    statement::Statement,
    store::{
        accounts, collections,
        downloads::ended_run,
        pauses,
        retries::{self, Failed, Next, RetryPolicy},
        usage,
    },
};

/// The row of the job, while the holder's lease on it is the last that was given.
#[diesel::dsl::auto_type]
pub(crate) fn held(job: Uuid, holder: &LeaseHolder) -> _ {
    let id: String = job.to_string();
    let owner: String = holder.node_id.to_string();
    let fence: i32 = fence_column(holder.attempt);
    let status: &'static str = Status::Downloading.slug();
    downloads::id
        .eq(id)
        .and(downloads::status.eq(status))
        .and(downloads::lease_owner.eq(owner).assume_not_null())
        .and(downloads::fence.eq(fence))
}

/// No token is that high, so one that is out of range matches no row.
pub(crate) fn fence_column(attempt: u32) -> i32 {
    i32::try_from(attempt).unwrap_or(i32::MAX)
}

/// Ends a job as the worker says; a failure that may pass is tried again later, as the policy has it.
/// Saying the same again is no error, for the first answer may have been lost.
///
/// To be called outside a transaction: the most common end is one statement and needs none.
///
/// # Errors
/// `lease_lost` when the job is not the holder's any more: what it made is void; `quota_exceeded` when
/// the user's storage has no room for the file: the job is then still the holder's.
pub fn finish(
    conn: &mut AnyConnection,
    job: Uuid,
    finish: &Finish,
    policy: &RetryPolicy,
    now: Timestamp,
) -> StoreResult<DownloadRecord> {
    let holder = &finish.holder;
    let row = match &finish.outcome {
        Outcome::Completed { file, known, retain_ms, .. } => {
            let completion = Completion { file, known, retain_ms: *retain_ms };
            match complete(conn, job, holder, &completion, Which::Free, now)? {
                Some(row) => Some(row),
                None => {
                    in_transaction(conn, |conn| complete_item(conn, job, holder, &completion, now))?
                }
            }
        }
        Outcome::Failed { problem, outlook } => {
            let attempt = Attempt { holder, problem, outlook: *outlook, policy };
            in_transaction(conn, |conn| fail(conn, job, &attempt, now))?
        }
    };
    match row {
        Some(row) => {
            if matches!(&finish.outcome, Outcome::Completed { forgives_site: true, .. }) {
                pauses::forgive(conn, &row.platform, now)?;
            }
            row.into_record()
        }
        None => finished_before(conn, job, finish)?.ok_or_else(lease_lost)?.into_record(),
    }
}

fn lease_lost() -> StoreError {
    StoreError::refused(ErrorCode::LeaseLost, "This job is not the caller's any more.")
}

/// Which downloads a statement is about: a free one has no collection whose counters change, and its
/// user no limit of what is stored.
#[derive(Clone, Copy)]
enum Which {
    Free,
    Any,
}

struct Completion<'a> {
    file: &'a StoredFile,
    known: &'a KnownMedia,
    retain_ms: Option<u64>,
}

fn complete(
    conn: &mut AnyConnection,
    job: Uuid,
    holder: &LeaseHolder,
    completion: &Completion<'_>,
    which: Which,
    now: Timestamp,
) -> StoreResult<Option<DownloadRow>> {
    let file = completion.file;
    let size = to_column(file.size_bytes);
    let expires_at =
        completion.retain_ms.map(|retain_ms| now.as_millis().saturating_add(to_column(retain_ms)));
    let known = KnownColumns::from(completion.known);
    let statement = Statement::returning(downloads::all_columns)
        .sql("UPDATE downloads SET status = 'completed', progress = 100, lease_owner = NULL,")
        .sql(" lease_until = NULL, phase = NULL, speed_bps = NULL, eta_seconds = NULL, file_key = ")
        .text(&file.key)
        .sql(", filename = ")
        .text(text(&file.filename, TEXT_CHARS))
        .sql(", file_size = ")
        .big_int(size)
        .sql(", file_crc32 = ")
        .big_int(i64::from(file.crc32))
        .sql(", file_sha256 = ")
        .text(&file.sha256)
        .sql(", downloaded_bytes = CASE WHEN downloaded_bytes < ")
        .big_int(size)
        .sql(" THEN ")
        .big_int(size)
        // What was expected is of no interest any more; what came is all there was.
        .sql(" ELSE downloaded_bytes END, total_bytes = CASE WHEN downloaded_bytes < ")
        .big_int(size)
        .sql(" THEN ")
        .big_int(size)
        .sql(" ELSE downloaded_bytes END, completed_at = ")
        .big_int(now.as_millis())
        .sql(", expires_at = ")
        .maybe_big_int(expires_at)
        .sql(", title = COALESCE(")
        .maybe_text(known.title)
        .sql(", title), uploader = COALESCE(")
        .maybe_text(known.uploader)
        .sql(", uploader), duration = COALESCE(")
        .maybe_double(known.duration)
        .sql(", duration), thumbnail = COALESCE(")
        .maybe_text(known.thumbnail)
        .sql(", thumbnail), told_fence = fence WHERE id = ")
        .text(job.to_string())
        .sql(" AND status = 'downloading' AND lease_owner = ")
        .text(holder.node_id.to_string())
        .sql(" AND fence = ")
        .integer(fence_column(holder.attempt))
        .sql(match which {
            Which::Free => {
                " AND kind = 'single' AND NOT EXISTS (SELECT 1 FROM users \
                 WHERE users.id = downloads.user_id AND max_stored_bytes IS NOT NULL)"
            }
            Which::Any => "",
        });
    Ok(on_either!(conn, conn => statement.get_result(conn).optional()?))
}

fn complete_item(
    conn: &mut AnyConnection,
    job: Uuid,
    holder: &LeaseHolder,
    completion: &Completion<'_>,
    now: Timestamp,
) -> StoreResult<Option<DownloadRow>> {
    admit_file(conn, job, holder, completion.file)?;
    let row = complete(conn, job, holder, completion, Which::Any, now)?;
    if let Some(row) = &row {
        collections::item_moved(conn, row, Status::Downloading, Status::Completed, now)?;
    }
    Ok(row)
}

/// What the site said of the size before is not to be relied on; now it is known. The account is locked
/// where it has a limit, or files that come at once would each find the same room.
fn admit_file(
    conn: &mut AnyConnection,
    job: Uuid,
    holder: &LeaseHolder,
    file: &StoredFile,
) -> StoreResult<()> {
    let job = downloads::table.filter(held(job, holder)).select(downloads::user_id);
    let Some(user_id) = job.first::<i64>(conn).optional()? else { return Ok(()) };
    let limit = users::table.find(user_id).select(users::max_stored_bytes);
    if limit.first::<Option<i64>>(conn)?.is_none() {
        return Ok(());
    }
    let account = accounts::lock(conn, user_id)?;
    usage::admit_file(conn, &account, file.size_bytes)
}

/// A failed attempt, and by what is decided whether another follows.
struct Attempt<'a> {
    holder: &'a LeaseHolder,
    problem: &'a MediaProblem,
    outlook: Outlook,
    policy: &'a RetryPolicy,
}

fn fail(
    conn: &mut AnyConnection,
    job: Uuid,
    attempt: &Attempt<'_>,
    now: Timestamp,
) -> StoreResult<Option<DownloadRow>> {
    let told = diesel::update(downloads::table)
        .filter(held(job, attempt.holder))
        .set(downloads::told_fence.eq(downloads::fence.nullable()))
        .returning((downloads::platform, downloads::attempts, downloads::started_at))
        .get_result::<(String, i32, Option<i64>)>(conn)
        .optional()?;
    let Some((platform, attempts, started_at)) = told else { return Ok(None) };
    let failed = Failed {
        outlook: attempt.outlook,
        attempts,
        since: started_at.map_or(now, instant),
        seed: job.as_u64_pair().1,
    };
    let row = match attempt.policy.next(&failed, now) {
        Next::Nothing => fail_for_good(conn, job, attempt.problem, now)?,
        Next::After(until) => hold(conn, job, Some(until), attempt.problem)?,
        Next::AfterPause => {
            pauses::strike(conn, &platform, attempt.problem.error_code, now)?;
            hold(conn, job, None, attempt.problem)?
        }
    };
    Ok(Some(row))
}

fn fail_for_good(
    conn: &mut AnyConnection,
    job: Uuid,
    problem: &MediaProblem,
    now: Timestamp,
) -> StoreResult<DownloadRow> {
    let row = diesel::update(downloads::table.find(job.to_string()))
        .set((
            downloads::status.eq(Status::Failed.slug()),
            downloads::completed_at.eq(now.as_millis()),
            failure(problem),
            ended_run(),
        ))
        .returning(downloads::all_columns)
        .get_result(conn)?;
    collections::item_moved(conn, &row, Status::Downloading, Status::Failed, now)?;
    Ok(row)
}

/// Back into the queue, at the place where it was.
fn hold(
    conn: &mut AnyConnection,
    job: Uuid,
    until: Option<Timestamp>,
    problem: &MediaProblem,
) -> StoreResult<DownloadRow> {
    let id = job.to_string();
    diesel::update(downloads::table.find(&id))
        .set((downloads::status.eq(Status::Pending.slug()), ended_run()))
        .execute(conn)?;
    let row = diesel::update(downloads::table.find(&id))
        .set(retries::held(until, problem))
        .returning(downloads::all_columns)
        .get_result(conn)?;
    Ok(row)
}

#[derive(AsChangeset)]
#[diesel(table_name = downloads)]
pub(crate) struct Failure {
    error_code: &'static str,
    error: String,
    remedy: String,
}

pub(crate) fn failure(problem: &MediaProblem) -> Failure {
    Failure {
        error_code: problem.error_code.slug(),
        error: text(&problem.error, TEXT_CHARS),
        remedy: text(&problem.remedy, TEXT_CHARS),
    }
}

/// The row, if an end was told under this very token before. The token alone names the holder: no two
/// claims of a download have the same.
fn finished_before(
    conn: &mut AnyConnection,
    job: Uuid,
    finish: &Finish,
) -> StoreResult<Option<DownloadRow>> {
    let row = downloads::table
        .find(job.to_string())
        .filter(downloads::told_fence.eq(fence_column(finish.holder.attempt)))
        .select(DownloadRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.filter(|row| match &finish.outcome {
        Outcome::Completed { file, .. } => row.file_key.as_ref() == Some(&file.key),
        Outcome::Failed { .. } => row.file_key.is_none(),
    }))
}

/// Hands a job back: it is pending again, at the place where it was, and the attempt does not count.
/// Says whose it is.
///
/// # Errors
/// `lease_lost`.
pub fn release(conn: &mut AnyConnection, job: Uuid, holder: &LeaseHolder) -> StoreResult<i64> {
    let user_id = diesel::update(downloads::table)
        .filter(held(job, holder))
        .set((
            downloads::status.eq(Status::Pending.slug()),
            downloads::attempts.eq(downloads::attempts - 1),
            ended_run(),
        ))
        .returning(downloads::user_id)
        .get_result(conn)
        .optional()?;
    user_id.ok_or_else(lease_lost)
}
