//! Claims: a node takes jobs, each with a lease and a fencing token; and how deep the queue is.

use common_types::{
    Timestamp,
    download::Status,
    internal::{
        downloads::KnownMedia,
        jobs::{ClaimRequest, Job, JobDepth},
    },
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Double, Integer, Nullable, Text},
};

use crate::{
    connection::{AnyConnection, on_either},
    error::StoreResult,
    models::{
        download::media_options,
        value::{from_column, from_integer, uuid},
    },
    schema::downloads,
};

/// How many jobs one claim takes at the most.
const MAX_SLOTS: u32 = 64;
const MIN_LEASE_MS: u64 = 1_000;
const MAX_LEASE_MS: u64 = 600_000;

/// One statement, so that nothing can come between choosing and taking. The status is a literal:
/// only then is it certain that the planner may use the partial index. `MATERIALIZED` chooses the
/// rows once; a plan that chose again would lock more than the limit.
const CLAIM: (&str, &str) = (
    "WITH chosen AS MATERIALIZED (\
       SELECT id FROM downloads WHERE platform = $1 AND status = 'pending' \
       ORDER BY turn, id LIMIT $2 ",
    ") UPDATE downloads SET status = 'downloading', phase = 'extracting', \
       attempts = attempts + 1, fence = fence + 1, lease_owner = $3, lease_until = $4, \
       started_at = COALESCE(started_at, $5) \
     FROM chosen WHERE downloads.id = chosen.id \
     RETURNING downloads.id AS id, user_id, turn, fence, url, video_id, title, uploader, duration, \
       thumbnail, format, quality, options",
);
/// Claims of two nodes pass each other by instead of waiting.
const SKIP_LOCKED: &str = "FOR UPDATE SKIP LOCKED";

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    turn: i64,
    #[diesel(sql_type = Integer)]
    fence: i32,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Text)]
    video_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    uploader: Option<String>,
    #[diesel(sql_type = Nullable<Double>)]
    duration: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    thumbnail: Option<String>,
    #[diesel(sql_type = Text)]
    format: String,
    #[diesel(sql_type = Text)]
    quality: String,
    #[diesel(sql_type = Text)]
    options: String,
}

/// Takes at most as many pending jobs as the node has slots, in the order of their turns.
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
    let slots = i64::from(request.slots.min(MAX_SLOTS));
    let sql = claim_sql(conn);
    let mut rows: Vec<ClaimedRow> = on_either!(conn, conn => {
        diesel::sql_query(sql)
            .bind::<Text, _>(&request.platform)
            .bind::<BigInt, _>(slots)
            .bind::<Text, _>(request.node_id.to_string())
            .bind::<BigInt, _>(lease_end(now, request.lease_ms))
            .bind::<BigInt, _>(now.as_millis())
            .load(conn)?
    });
    rows.sort_by(|a, b| (a.turn, &a.id).cmp(&(b.turn, &b.id)));
    rows.into_iter().map(ClaimedRow::into_job).collect()
}

/// The statement of a claim on this database.
pub fn claim_sql(conn: &AnyConnection) -> String {
    let (choose, take) = CLAIM;
    match conn {
        AnyConnection::Postgres(_) => format!("{choose}{SKIP_LOCKED}{take}"),
        AnyConnection::Sqlite(_) => format!("{choose}{take}"),
    }
}

/// When a lease given now lapses, in milliseconds. Neither so short that a heartbeat comes too
/// late, nor so long that a dead node's jobs wait for ever.
pub(crate) fn lease_end(now: Timestamp, lease_ms: u64) -> i64 {
    let lease_ms = lease_ms.clamp(MIN_LEASE_MS, MAX_LEASE_MS);
    now.as_millis().saturating_add(i64::try_from(lease_ms).unwrap_or(i64::MAX))
}

impl ClaimedRow {
    fn into_job(self) -> StoreResult<Job> {
        Ok(Job {
            id: uuid("a download's id", &self.id)?,
            user_id: self.user_id,
            attempt: from_integer(self.fence),
            url: self.url,
            video_id: self.video_id,
            options: media_options(&self.format, &self.quality, &self.options)?,
            known: KnownMedia {
                title: self.title,
                uploader: self.uploader,
                duration: self.duration,
                thumbnail: self.thumbnail,
            },
        })
    }
}

/// How many jobs of a platform wait and run.
///
/// # Errors
/// The database's.
pub fn depth(conn: &mut AnyConnection, platform: &str) -> StoreResult<JobDepth> {
    let mut count = |status: Status| -> StoreResult<u64> {
        let count: i64 = downloads::table
            .filter(downloads::platform.eq(platform))
            .filter(downloads::status.eq(status.slug()))
            .count()
            .get_result(conn)?;
        Ok(from_column(count))
    };
    Ok(JobDepth { pending: count(Status::Pending)?, downloading: count(Status::Downloading)? })
}
