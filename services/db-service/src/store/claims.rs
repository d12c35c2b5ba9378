//! Claims: a node takes jobs, each with a lease and a fencing token; and how deep the queue is.

use common_types::{
    Timestamp,
    download::Status,
    internal::{
        downloads::KnownMedia,
        jobs::{ClaimRequest, Job, JobDepth},
    },
};
use diesel::{debug_query, pg::Pg, prelude::*, sqlite::Sqlite};
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, on_either},
    error::StoreResult,
    models::{
        download::{DownloadRow, media_options},
        value::{from_column, from_integer, uuid},
    },
    schema::downloads,
    statement::Statement,
    store::pauses,
};

/// How many jobs one claim takes at the most.
const MAX_SLOTS: u32 = 64;
const MIN_LEASE_MS: u64 = 1_000;
const MAX_LEASE_MS: u64 = 600_000;

type AllColumns = <downloads::table as Table>::AllColumns;

/// The claim is one statement, so that nothing can come between choosing and taking.
///
/// The status is a literal, for only then is it certain that the planner may use the partial index.
/// So is the limit: PostgreSQL takes an unknown one for a tenth of the table, and plans for that.
/// `MATERIALIZED` chooses the rows once; a plan that chose again would lock more than the limit.
/// SQLite is told the index: once it has been analysed while most rows were pending, it would rather
/// read them all and sort. `SKIP LOCKED` lets claims of two nodes pass each other by; SQLite has one writer at a time.
fn statement(
    conn: &AnyConnection,
    request: &ClaimRequest,
    now: Timestamp,
) -> Statement<AllColumns> {
    let (index, lock) = match conn {
        AnyConnection::Postgres(_) => ("", " FOR UPDATE SKIP LOCKED"),
        AnyConnection::Sqlite(_) => (" INDEXED BY downloads_to_claim", ""),
    };
    Statement::returning(downloads::all_columns)
        .sql("WITH chosen AS MATERIALIZED (SELECT id FROM downloads")
        .sql(index)
        .sql(" WHERE status = 'pending'")
        .sql(" AND platform = ")
        .text(&request.platform)
        .sql(" AND held_until IS NULL AND NOT EXISTS (SELECT 1 FROM site_pauses WHERE platform = ")
        .text(&request.platform)
        .sql(" AND paused_until > ")
        .big_int(now.as_millis())
        .sql(") ORDER BY turn, kind DESC, id LIMIT ")
        .literal(request.slots.min(MAX_SLOTS))
        .sql(lock)
        .sql(") UPDATE downloads SET status = 'downloading', phase = 'extracting',")
        .sql(" attempts = attempts + 1, fence = fence + 1, lease_owner = ")
        .text(request.node_id.to_string())
        .sql(", lease_until = ")
        .big_int(lease_end(now, request.lease_ms))
        .sql(", started_at = COALESCE(started_at, ")
        .big_int(now.as_millis())
        .sql(") FROM chosen WHERE downloads.id = chosen.id")
}

/// Takes at most as many pending jobs as the node has slots, in the order of their turns; none while
/// the site is paused.
///
/// # Errors
/// The database's.
pub fn claim(
    conn: &mut AnyConnection,
    request: &ClaimRequest,
    now: Timestamp,
) -> StoreResult<Vec<Job>> {
    if request.slots == 0 {
        return Ok(Vec::new());
    }
    let claim = statement(conn, request, now);
    let mut rows: Vec<DownloadRow> = on_either!(conn, conn => claim.load(conn)?);
    rows.sort_by(|a, b| (a.turn, &b.kind, &a.id).cmp(&(b.turn, &a.kind, &b.id)));
    rows.into_iter().map(into_job).collect()
}

/// The text of a claim on this database, for a look at its plan.
pub fn claim_sql(conn: &AnyConnection, request: &ClaimRequest) -> String {
    let claim = statement(conn, request, Timestamp::from_millis(0));
    let shown = match conn {
        AnyConnection::Postgres(_) => debug_query::<Pg, _>(&claim).to_string(),
        AnyConnection::Sqlite(_) => debug_query::<Sqlite, _>(&claim).to_string(),
    };
    shown.split(" -- binds").next().unwrap_or_default().to_owned()
}

/// When a lease given now lapses, in milliseconds. Neither so short that a heartbeat comes too
/// late, nor so long that a dead node's jobs wait for ever.
pub(crate) fn lease_end(now: Timestamp, lease_ms: u64) -> i64 {
    let lease_ms = lease_ms.clamp(MIN_LEASE_MS, MAX_LEASE_MS);
    now.as_millis().saturating_add(i64::try_from(lease_ms).unwrap_or(i64::MAX))
}

fn into_job(row: DownloadRow) -> StoreResult<Job> {
    Ok(Job {
        id: uuid("a download's id", &row.id)?,
        kind: row.kind()?,
        batch_id: row.batch_id.map(|id| uuid("a batch's id", &id)).transpose()?,
        playlist_id: row.playlist_id.map(|id| uuid("a playlist's id", &id)).transpose()?,
        position: row.position.map(from_integer),
        user_id: row.user_id,
        attempt: from_integer(row.fence),
        options: media_options(&row.format, &row.quality, &row.options)?,
        url: row.url,
        video_id: row.video_id,
        known: KnownMedia {
            title: row.title,
            uploader: row.uploader,
            duration: row.duration,
            thumbnail: row.thumbnail,
        },
    })
}

/// How many jobs of a platform wait and run, and whether its site is paused.
///
/// # Errors
/// The database's.
pub fn depth(conn: &mut AnyConnection, platform: &str, now: Timestamp) -> StoreResult<JobDepth> {
    let mut count = |status: Status| -> StoreResult<u64> {
        let count: i64 = downloads::table
            .filter(downloads::platform.eq(platform))
            .filter(downloads::status.eq(status.slug()))
            .count()
            .get_result(conn)?;
        Ok(from_column(count))
    };
    let (pending, downloading) = (count(Status::Pending)?, count(Status::Downloading)?);
    Ok(JobDepth { pending, downloading, pause: pauses::current(conn, platform, now)? })
}

/// Which of these downloads still wait or run.
///
/// # Errors
/// The database's.
pub fn unfinished(conn: &mut AnyConnection, ids: &[Uuid]) -> StoreResult<Vec<Uuid>> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let found: Vec<String> = downloads::table
        .filter(downloads::id.eq_any(ids))
        .filter(downloads::status.eq_any([Status::Pending.slug(), Status::Downloading.slug()]))
        .select(downloads::id)
        .load(conn)?;
    found.iter().map(|id| uuid("a download's id", id)).collect()
}
