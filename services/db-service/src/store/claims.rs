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
    backend::Backend,
    debug_query,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Double, HasSqlType, Integer, Nullable, Text},
    sqlite::Sqlite,
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

/// The claim: one statement, so that nothing can come between choosing and taking.
///
/// The status is a literal, for only then is it certain that the planner may use the partial index.
/// So is the limit: PostgreSQL takes an unknown one for a tenth of the table, and plans for that.
/// `MATERIALIZED` chooses the rows once; a plan that chose again would lock more than the limit.
/// diesel does not keep what `sql_query` prepares, but it keeps this, by its text.
struct Claim<'a> {
    platform: &'a str,
    slots: u32,
    node_id: String,
    lease_until: i64,
    now: i64,
}

const CHOOSE: &str = "WITH chosen AS MATERIALIZED (\
    SELECT id FROM downloads WHERE status = 'pending' AND platform = ";
const IN_TURN: &str = " ORDER BY turn, id LIMIT ";
/// Claims of two nodes pass each other by instead of waiting.
const SKIP_LOCKED: &str = " FOR UPDATE SKIP LOCKED";
const TAKE: &str = ") UPDATE downloads SET status = 'downloading', phase = 'extracting', \
    attempts = attempts + 1, fence = fence + 1, lease_owner = ";
const UNTIL: &str = ", lease_until = ";
const SINCE: &str = ", started_at = COALESCE(started_at, ";
const RETURN: &str = ") FROM chosen WHERE downloads.id = chosen.id \
    RETURNING downloads.id, user_id, turn, fence, url, video_id, title, uploader, duration, \
    thumbnail, format, quality, options";

impl<'a> Claim<'a> {
    fn new(request: &'a ClaimRequest, now: Timestamp) -> Self {
        Self {
            platform: &request.platform,
            slots: request.slots.min(MAX_SLOTS),
            node_id: request.node_id.to_string(),
            lease_until: lease_end(now, request.lease_ms),
            now: now.as_millis(),
        }
    }
}

impl QueryId for Claim<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Claim<'_> {
    type SqlType = (
        Text,
        BigInt,
        BigInt,
        Integer,
        Text,
        Text,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Double>,
        Nullable<Text>,
        Text,
        Text,
        Text,
    );
}

impl<C> RunQueryDsl<C> for Claim<'_> {}

impl<DB: Locking> QueryFragment<DB> for Claim<'_>
where
    str: ToSql<Text, DB>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    DB: HasSqlType<Text> + HasSqlType<BigInt>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(CHOOSE);
        out.push_bind_param::<Text, _>(self.platform)?;
        out.push_sql(IN_TURN);
        out.push_sql(&self.slots.to_string());
        out.push_sql(DB::SKIP_LOCKED);
        out.push_sql(TAKE);
        out.push_bind_param::<Text, _>(&self.node_id)?;
        out.push_sql(UNTIL);
        out.push_bind_param::<BigInt, _>(&self.lease_until)?;
        out.push_sql(SINCE);
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(RETURN);
        Ok(())
    }
}

/// How a database lets a claim pass by the rows that another one is taking.
trait Locking: Backend {
    const SKIP_LOCKED: &'static str;
}

impl Locking for Pg {
    const SKIP_LOCKED: &'static str = SKIP_LOCKED;
}

/// It has one writer at a time.
impl Locking for Sqlite {
    const SKIP_LOCKED: &'static str = "";
}

#[derive(Queryable)]
struct ClaimedRow {
    id: String,
    user_id: i64,
    turn: i64,
    fence: i32,
    url: String,
    video_id: String,
    title: Option<String>,
    uploader: Option<String>,
    duration: Option<f64>,
    thumbnail: Option<String>,
    format: String,
    quality: String,
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
    let mut rows: Vec<ClaimedRow> = on_either!(conn, conn => Claim::new(request, now).load(conn)?);
    rows.sort_by(|a, b| (a.turn, &a.id).cmp(&(b.turn, &b.id)));
    rows.into_iter().map(ClaimedRow::into_job).collect()
}

/// The statement of a claim of `slots` jobs on this database, for a look at its plan.
pub fn claim_sql(conn: &AnyConnection, slots: u32) -> String {
    let claim = Claim { platform: "", slots, node_id: String::new(), lease_until: 0, now: 0 };
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
