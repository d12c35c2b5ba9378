//! Several links of one user asked for at once: all created, or none.

use common_types::{
    ErrorCode, Timestamp,
    download::Status,
    internal::{
        collections::{BatchRecord, NewBatch},
        downloads::Made,
    },
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    models::{
        collection::{BatchRow, NewBatchRow, count_column},
        download::{DownloadRow, OptionColumns},
    },
    schema::batches,
    store::{
        accounts,
        collections::{self, Collection},
        downloads::{Created, Scope},
        idempotency::{self, Kind},
        items::{self, Place},
        queue, usage,
    },
};

/// Queues all items of a batch.
///
/// # Errors
/// `not_found` for the user; `account_disabled`; `already_exists` when the idempotency key came with
/// another request; `quota_exceeded`; `invalid_request` for a batch of nothing.
pub fn create(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewBatch,
    now: Timestamp,
) -> StoreResult<Created<BatchRecord>> {
    let account = accounts::lock_active(conn, user_id)?;
    if let Some(key) = &new.idempotency
        && let Some(made) = idempotency::find(conn, user_id, key, now)?
    {
        return Ok(Created::Before(made));
    }
    let count = u64::try_from(new.items.len()).unwrap_or(u64::MAX);
    if count == 0 {
        let detail = "A batch needs at least one item.";
        return Err(StoreError::refused(ErrorCode::InvalidRequest, detail));
    }
    usage::admit(conn, &account, count, now)?;
    let id = insert(conn, user_id, new, count, now)?;
    let record = get(conn, &Scope { user_id, platform: None }, &id)?;
    if let Some(key) = &new.idempotency {
        idempotency::remember(conn, user_id, key, Kind::Batch, &Made::from(&record), now)?;
    }
    Ok(Created::New(record))
}

fn insert(
    conn: &mut AnyConnection,
    user_id: i64,
    new: &NewBatch,
    count: u64,
    now: Timestamp,
) -> StoreResult<String> {
    let id = Uuid::now_v7().to_string();
    let options = OptionColumns::new(&new.options)?;
    let row = NewBatchRow {
        id: &id,
        user_id,
        platform: &new.platform,
        format: new.options.format.slug(),
        quality: new.options.quality.slug(),
        options: &options.further,
        status: Status::Pending.slug(),
        total: count_column(count),
        duplicates: count_column(new.duplicates),
        created_at: now.as_millis(),
    };
    diesel::insert_into(batches::table).values(row).execute(conn)?;
    let place = Place {
        user_id,
        platform: &new.platform,
        options: &options,
        kind: Collection::Batch,
        id: &id,
    };
    let turn = queue::next_bulk_turn(conn, &new.platform, user_id)?;
    let entries = (1..).zip(&new.items).map(|(position, item)| (position, item, None));
    items::insert(conn, &place, entries, turn, now)?;
    Ok(id)
}

/// A batch and its items, if it is within the scope.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, scope: &Scope, id: &str) -> StoreResult<BatchRecord> {
    let row: Option<BatchRow> = batches::table
        .find(id)
        .filter(batches::user_id.eq(scope.user_id))
        .select(BatchRow::as_select())
        .first(conn)
        .optional()?;
    let row = row.filter(|row| scope.includes(&row.platform)).ok_or_else(collections::missing)?;
    let items = collections::items(conn, Collection::Batch, id)?;
    row.into_record(items.into_iter().map(DownloadRow::into_record).collect::<StoreResult<_>>()?)
}
