//! Entries of the audit log.

use common_types::audit::{AuditAction, AuditEvent, AuditOutcome};
use diesel::prelude::*;

use crate::{
    error::StoreResult,
    models::value::{instant, slug},
    schema::audit_events,
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(crate) struct AuditEventRow {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) user_id: Option<i64>,
    pub(crate) actor_id: Option<i64>,
    pub(crate) action: String,
    pub(crate) target: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: String,
    pub(crate) outcome: String,
}

#[derive(Insertable)]
#[diesel(table_name = audit_events)]
pub(crate) struct NewAuditEventRow {
    pub(crate) at: i64,
    pub(crate) user_id: Option<i64>,
    pub(crate) actor_id: Option<i64>,
    pub(crate) action: &'static str,
    pub(crate) target: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: String,
    pub(crate) outcome: &'static str,
}

impl AuditEventRow {
    /// # Errors
    /// `Corrupt` for an action or an outcome that we do not know.
    pub(crate) fn into_event(self, actor: Option<String>) -> StoreResult<AuditEvent> {
        Ok(AuditEvent {
            id: self.id,
            at: instant(self.at),
            user_id: self.user_id,
            actor_id: self.actor_id,
            actor,
            action: slug("an audited action", &self.action, AuditAction::from_slug)?,
            target: self.target,
            address: self.address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            outcome: slug("an audited outcome", &self.outcome, AuditOutcome::from_slug)?,
        })
    }
}
