//! Finding out what is in a playlist: a job of its own, leased and fenced like a download.

use common_types::{
    ErrorCode, MediaErrorCode, MediaProblem, Timestamp,
    account::Quota,
    download::Status,
    internal::{
        collections::{
            ExpandedEntry, ExpansionAnswer, ExpansionClaim, ExpansionFailure, ExpansionJob,
            ExpansionPage,
        },
        jobs::LeaseHolder,
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::{AnyConnection, load_locked, on_either},
    error::{StoreError, StoreResult},
    models::{
        collection::{PlaylistRow, index_column},
        download::OptionColumns,
        value::{TEXT_CHARS, optional_text, text},
    },
    schema::{downloads, playlists},
    store::{
        accounts, bulk,
        claims::lease_end,
        collections::{self, Change, Collection},
        items::{self, Place},
        outcomes::fence_column,
        pauses, queue,
        retries::{Failed, Next, RetryPolicy},
        usage,
    },
};

/// How many playlists one claim takes at the most.
const MAX_SLOTS: u32 = 8;

/// Takes playlists that nobody enumerates, also such whose holder's lease has lapsed. What has been
/// tried too often without a single further page fails here.
///
/// # Errors
/// The database's.
pub fn claim(
    conn: &mut AnyConnection,
    request: &ExpansionClaim,
    max_attempts: u32,
    now: Timestamp,
) -> StoreResult<Vec<ExpansionJob>> {
    if request.slots == 0 || pauses::current(conn, &request.platform, now)?.is_some() {
        return Ok(Vec::new());
    }
    let mut jobs = Vec::new();
    for row in waiting(conn, request, now)? {
        if u32::try_from(row.attempts).is_ok_and(|attempts| attempts >= max_attempts) {
            give_up(conn, &row.id, &lost_worker(), now)?;
            continue;
        }
        let lease = diesel::update(playlists::table.find(&row.id)).set((
            playlists::lease_owner.eq(request.node_id.to_string()),
            playlists::lease_until.eq(lease_end(now, request.lease_ms)),
            playlists::held_until.eq(None::<i64>),
            playlists::fence.eq(playlists::fence + 1),
            playlists::attempts.eq(playlists::attempts + 1),
        ));
        let leased: PlaylistRow = on_either!(conn, conn => {
            lease.returning(PlaylistRow::as_returning()).get_result(conn)?
        });
        jobs.push(leased.into_expansion()?);
    }
    Ok(jobs)
}

/// Whether there is anything to claim; a look that writes nothing.
///
/// # Errors
/// The database's.
pub fn are_waiting(conn: &mut AnyConnection, platform: &str) -> StoreResult<bool> {
    let waiting = playlists::table
        .filter(playlists::total.is_null())
        .filter(playlists::platform.eq(platform))
        .select(playlists::id);
    Ok(waiting.first::<String>(conn).optional()?.is_some())
}

fn waiting(
    conn: &mut AnyConnection,
    request: &ExpansionClaim,
    now: Timestamp,
) -> StoreResult<Vec<PlaylistRow>> {
    let now = now.as_millis();
    let free =
        playlists::lease_until.is_null().or(playlists::lease_until.lt(now).assume_not_null());
    let due = playlists::held_until.is_null().or(playlists::held_until.le(now).assume_not_null());
    let query = playlists::table
        .filter(playlists::total.is_null())
        .filter(playlists::platform.eq(&request.platform))
        .filter(free)
        .filter(due)
        .order(playlists::id)
        .limit(i64::from(request.slots.min(MAX_SLOTS)));
    Ok(load_locked!(conn, query, PlaylistRow, skip_locked))
}

fn lost_worker() -> MediaProblem {
    let code = MediaErrorCode::EngineError;
    let error = "The worker that read this playlist stopped in the middle of it.".to_owned();
    MediaProblem { error_code: code, error, remedy: code.remedy().to_owned() }
}

/// What a page came to.
#[derive(Debug)]
pub struct Added {
    pub answer: ExpansionAnswer,
    pub user_id: i64,
    /// The new items.
    pub items: Vec<Uuid>,
}

/// Stores a page of entries and renews the lease. Entries that are stored already are passed over.
/// Where the owner's quota has no room for all, the list ends with what there is room for; trying it
/// again goes on from there.
///
/// # Errors
/// `lease_lost`.
pub fn add_page(
    conn: &mut AnyConnection,
    id: Uuid,
    page: &ExpansionPage,
    now: Timestamp,
) -> StoreResult<Added> {
    let key = id.to_string();
    let room = room(conn, &key, now)?;
    let row = held(conn, &key, &page.holder)?;
    let mut new: Vec<&ExpandedEntry> =
        page.entries.iter().filter(|entry| index_column(entry.index) > row.done_to_index).collect();
    let is_cut = room.is_some_and(|room| room < new.len());
    new.truncate(room.unwrap_or(usize::MAX));
    let failed = new.iter().filter(|entry| entry.problem.is_some()).count();
    let before = count_items(conn, &key)?;
    if row.expected_total.is_some_and(|expected| before.saturating_add(new.len()) > wide(expected))
    {
        bulk::raise_floor(conn, Collection::Playlist, &key)?;
    }
    let items = insert(conn, &row, &new, now)?;
    let count = before.saturating_add(items.len());
    let reached = new.iter().map(|entry| index_column(entry.index)).max();
    diesel::update(playlists::table.find(&key))
        .set((
            Named {
                title: optional_text(page.title.as_deref(), TEXT_CHARS),
                uploader: optional_text(page.uploader.as_deref(), TEXT_CHARS),
            },
            playlists::done_to_index.eq(reached.unwrap_or(row.done_to_index)),
            playlists::lease_until.eq(lease_end(now, page.lease_ms)),
            playlists::attempts.eq(if new.is_empty() { row.attempts } else { 1 }),
        ))
        .execute(conn)?;
    if is_cut {
        give_up(conn, &key, &no_room(), now)?;
    } else if page.is_last {
        close(conn, &key, count, page.is_truncated, now)?;
    }
    let change = Change::default().entered(failed, Status::Failed);
    collections::book(conn, Collection::Playlist, &key, change, now)?;
    let answer = ExpansionAnswer { items: u64::try_from(count).unwrap_or(u64::MAX) };
    Ok(Added { answer, user_id: row.user_id, items })
}

/// For how many entries the owner's quota has room; none: for all. The account's row stays locked, so
/// that lists which are read at the same time do not each take the same room. It is locked before the
/// list's, as everywhere.
fn room(conn: &mut AnyConnection, id: &str, now: Timestamp) -> StoreResult<Option<usize>> {
    let owner: Option<i64> =
        playlists::table.find(id).select(playlists::user_id).first(conn).optional()?;
    let Some(owner) = owner else { return Ok(None) };
    if accounts::get(conn, owner)?.quota == Quota::default() {
        return Ok(None);
    }
    let account = accounts::lock(conn, owner)?;
    let left = usage::left(conn, &account, 1, now)?;
    Ok(left.map(|left| usize::try_from(left).unwrap_or(usize::MAX)))
}

fn no_room() -> MediaProblem {
    let error = "Your quota has no room for more of this playlist.".to_owned();
    let remedy =
        "Wait until others have ended, or delete some, and try the playlist again.".to_owned();
    MediaProblem { error_code: MediaErrorCode::VideoUnavailable, error, remedy }
}

/// What a page told of the list; what it does not know stays.
#[derive(AsChangeset)]
#[diesel(table_name = playlists)]
struct Named {
    title: Option<String>,
    uploader: Option<String>,
}

fn wide(count: i32) -> usize {
    usize::try_from(count).unwrap_or(0)
}

fn count_items(conn: &mut AnyConnection, id: &str) -> StoreResult<usize> {
    let count: i64 =
        downloads::table.filter(downloads::playlist_id.eq(id)).count().get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn insert(
    conn: &mut AnyConnection,
    row: &PlaylistRow,
    entries: &[&ExpandedEntry],
    now: Timestamp,
) -> StoreResult<Vec<Uuid>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let options = OptionColumns::stored(&row.format, &row.quality, &row.options);
    let place = Place {
        user_id: row.user_id,
        platform: &row.platform,
        options: &options,
        kind: Collection::Playlist,
        id: &row.id,
    };
    let turn = queue::next_bulk_turn(conn, &row.platform, row.user_id)?;
    let entries = entries.iter().map(|entry| (entry.index, &entry.item, entry.problem.as_ref()));
    items::insert(conn, &place, entries, turn, now)
}

/// All entries are known.
fn close(
    conn: &mut AnyConnection,
    id: &str,
    count: usize,
    is_truncated: bool,
    now: Timestamp,
) -> StoreResult<()> {
    let total = i32::try_from(count).unwrap_or(i32::MAX);
    diesel::update(playlists::table.find(id))
        .set((
            playlists::is_expanded.eq(true),
            playlists::is_truncated.eq(is_truncated),
            ended_lease(),
            playlists::total.eq(total),
        ))
        .execute(conn)?;
    if count == 0 {
        let code = MediaErrorCode::VideoUnavailable;
        let error = "This playlist has no video at the indices that were asked for.".to_owned();
        let problem = MediaProblem { error_code: code, error, remedy: EMPTY_REMEDY.to_owned() };
        give_up(conn, id, &problem, now)?;
    }
    Ok(())
}

const EMPTY_REMEDY: &str = "Check the link and the range; the list may be empty or private.";

/// Notes that the list, or the rest of it, cannot be read now; whether ever is decided here. Says
/// whose it is.
///
/// # Errors
/// `lease_lost`.
pub fn fail(
    conn: &mut AnyConnection,
    id: Uuid,
    failure: &ExpansionFailure,
    policy: &RetryPolicy,
    now: Timestamp,
) -> StoreResult<i64> {
    let key = id.to_string();
    let row = held(conn, &key, &failure.holder)?;
    // Every page that was stored is an attempt that succeeded, so there is no time for the whole.
    let seed = id.as_u64_pair().1;
    let failed = Failed { outlook: failure.outlook, attempts: row.attempts, since: now, seed };
    let hold = |until: Option<i64>| (playlists::held_until.eq(until), ended_lease());
    match policy.next(&failed, now) {
        Next::Nothing => give_up(conn, &key, &failure.problem, now)?,
        Next::After(until) => {
            let until = Some(until.as_millis());
            diesel::update(playlists::table.find(&key)).set(hold(until)).execute(conn)?;
        }
        Next::AfterPause => {
            pauses::strike(conn, &row.platform, failure.problem.error_code, now)?;
            diesel::update(playlists::table.find(&key)).set(hold(None)).execute(conn)?;
        }
    }
    Ok(row.user_id)
}

/// Ends an expansion for good; the items that there are go on.
fn give_up(
    conn: &mut AnyConnection,
    id: &str,
    problem: &MediaProblem,
    now: Timestamp,
) -> StoreResult<()> {
    bulk::raise_floor(conn, Collection::Playlist, id)?;
    let total = i32::try_from(count_items(conn, id)?).unwrap_or(i32::MAX);
    diesel::update(playlists::table.find(id))
        .set((
            playlists::total.eq(total),
            playlists::error_code.eq(problem.error_code.slug()),
            playlists::error.eq(text(&problem.error, TEXT_CHARS)),
            playlists::remedy.eq(text(&problem.remedy, TEXT_CHARS)),
            ended_lease(),
        ))
        .execute(conn)?;
    collections::settle(conn, Collection::Playlist, id, now)
}

/// Hands an expansion back; the attempt does not count.
///
/// # Errors
/// `lease_lost`.
pub fn release(conn: &mut AnyConnection, id: Uuid, holder: &LeaseHolder) -> StoreResult<()> {
    let key = id.to_string();
    let row = held(conn, &key, holder)?;
    let attempts = row.attempts.saturating_sub(1).max(0);
    diesel::update(playlists::table.find(&key))
        .set((playlists::attempts.eq(attempts), ended_lease()))
        .execute(conn)?;
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = playlists, treat_none_as_null = true)]
struct EndedLease {
    lease_owner: Option<String>,
    lease_until: Option<i64>,
}

const fn ended_lease() -> EndedLease {
    EndedLease { lease_owner: None, lease_until: None }
}

/// The playlist, locked, while the holder's lease on it is the last that was given.
fn held(conn: &mut AnyConnection, id: &str, holder: &LeaseHolder) -> StoreResult<PlaylistRow> {
    let query = playlists::table
        .find(id)
        .filter(playlists::lease_owner.eq(holder.node_id.to_string()))
        .filter(playlists::fence.eq(fence_column(holder.attempt)));
    let rows: Vec<PlaylistRow> = load_locked!(conn, query, PlaylistRow);
    rows.into_iter().next().ok_or_else(|| {
        StoreError::refused(ErrorCode::LeaseLost, "This playlist is not the caller's any more.")
    })
}
