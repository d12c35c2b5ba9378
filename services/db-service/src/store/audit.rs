//! The audit log: entries are added, in the transaction of what they tell of, read by
//! administrators, and deleted when they are old.

use common_types::{
    Timestamp,
    audit::{AuditAction, AuditEvent, AuditOutcome, AuditQuery},
    internal::audit::Act,
    page::Page,
};
use diesel::prelude::*;

use crate::{
    connection::AnyConnection,
    error::StoreResult,
    models::{
        audit_event::{AuditEventRow, NewAuditEventRow},
        value::{optional_text, text, to_column},
    },
    schema::{audit_events, users},
    store::paging,
};

const USER_AGENT_CHARS: usize = 400;
const TARGET_CHARS: usize = 100;
const REQUEST_ID_CHARS: usize = 64;
/// How long an entry is kept: 180 days.
pub const KEPT_MS: i64 = 180 * 86_400_000;
/// However fast they come, no more than the newest of them are kept.
const MAX_ENTRIES: i64 = 1_000_000;

/// Who asks for a change, from where, and with which request.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    pub act: Act,
    pub request_id: String,
}

impl Actor {
    /// This user, where nobody is named: platform services change only what is the asker's own.
    #[must_use]
    pub fn or(mut self, user_id: i64) -> Self {
        self.act.actor = self.act.actor.or(Some(user_id));
        self
    }
}

/// What there is to tell.
#[derive(Debug, Clone)]
pub struct Entry {
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    /// The account that it is about.
    pub user_id: Option<i64>,
    pub target: Option<String>,
}

impl Entry {
    /// Something that was done to an account.
    pub fn done(action: AuditAction, user_id: i64) -> Self {
        Self { action, outcome: AuditOutcome::Success, user_id: Some(user_id), target: None }
    }

    /// Something that was not.
    pub fn refused(action: AuditAction, outcome: AuditOutcome, user_id: Option<i64>) -> Self {
        Self { action, outcome, user_id, target: None }
    }

    /// With the thing that it was done to, such as `session:<id>`.
    #[must_use]
    pub fn to(mut self, kind: &str, id: impl std::fmt::Display) -> Self {
        self.target = Some(format!("{kind}:{id}"));
        self
    }
}

/// Adds an entry.
///
/// # Errors
/// The database's.
pub fn note(
    conn: &mut AnyConnection,
    actor: &Actor,
    entry: Entry,
    now: Timestamp,
) -> StoreResult<()> {
    let row = NewAuditEventRow {
        at: now.as_millis(),
        user_id: entry.user_id,
        actor_id: actor.act.actor,
        action: entry.action.slug(),
        target: optional_text(entry.target.as_deref(), TARGET_CHARS),
        address: actor.act.address.map(|address| address.to_canonical().to_string()),
        user_agent: optional_text(actor.act.user_agent.as_deref(), USER_AGENT_CHARS),
        request_id: text(&actor.request_id, REQUEST_ID_CHARS),
        outcome: entry.outcome.slug(),
    };
    diesel::insert_into(audit_events::table).values(row).execute(conn)?;
    Ok(())
}

/// A page of entries, newest first.
///
/// # Errors
/// `invalid_request` for a cursor that is none.
pub fn list(conn: &mut AnyConnection, query: &AuditQuery) -> StoreResult<Page<AuditEvent>> {
    let before = query.cursor.as_deref().map(paging::number).transpose()?.unwrap_or(i64::MAX);
    let limit = paging::limit(query.limit);
    let mut entries = audit_events::table
        .left_join(users::table.on(audit_events::actor_id.eq(users::id.nullable())))
        .filter(audit_events::id.lt(before))
        .order(audit_events::id.desc())
        .limit(limit.saturating_add(1))
        .select((AuditEventRow::as_select(), users::username.nullable()))
        .into_boxed();
    if let Some(user) = query.user_id {
        entries =
            entries.filter(audit_events::user_id.eq(user).or(audit_events::actor_id.eq(user)));
    }
    if let Some(action) = query.action {
        entries = entries.filter(audit_events::action.eq(action.slug()));
    }
    let rows: Vec<(AuditEventRow, Option<String>)> = entries.load(conn)?;
    let (rows, next_cursor) = paging::cut(rows, limit, |(row, _)| row.id.to_string());
    let items = rows.into_iter().map(|(row, actor)| row.into_event(actor));
    Ok(Page { items: items.collect::<StoreResult<_>>()?, next_cursor })
}

/// Deletes entries that are old or too many, at most `limit` of them.
///
/// # Errors
/// The database's.
pub(crate) fn purge(conn: &mut AnyConnection, now: Timestamp, limit: u64) -> StoreResult<usize> {
    let newest: Option<i64> =
        audit_events::table.select(diesel::dsl::max(audit_events::id)).first(conn)?;
    let too_many = newest.unwrap_or(0).saturating_sub(MAX_ENTRIES);
    let old = audit_events::table
        .filter(
            audit_events::at
                .le(now.as_millis().saturating_sub(KEPT_MS))
                .or(audit_events::id.le(too_many)),
        )
        .order(audit_events::id)
        .limit(to_column(limit))
        .select(audit_events::id)
        .load::<i64>(conn)?;
    let old = audit_events::table.filter(audit_events::id.eq_any(old));
    Ok(diesel::delete(old).execute(conn)?)
}
