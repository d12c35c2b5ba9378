//! Sessions and revocations.

use common_types::internal::accounts::{Revocation, SessionRecord};
use diesel::prelude::*;

use crate::{
    error::StoreResult,
    models::value::{instant, uuid},
    schema::{revocations, sessions},
};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) token_id: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = revocations)]
pub(crate) struct RevocationRow {
    pub(crate) sequence: i64,
    pub(crate) session_id: String,
    pub(crate) expires_at: i64,
}

impl SessionRow {
    /// # Errors
    /// `Corrupt` for an id that is no UUID.
    pub(crate) fn into_record(self) -> StoreResult<SessionRecord> {
        Ok(SessionRecord {
            id: uuid("a session's id", &self.id)?,
            user_id: self.user_id,
            token_id: uuid("a token's id", &self.token_id)?,
            created_at: instant(self.created_at),
            expires_at: instant(self.expires_at),
            ended_at: self.ended_at.map(instant),
            user_agent: self.user_agent,
            address: self.address,
        })
    }
}

impl RevocationRow {
    /// # Errors
    /// `Corrupt` for an id that is no UUID.
    pub(crate) fn into_revocation(self) -> StoreResult<Revocation> {
        Ok(Revocation {
            sequence: self.sequence,
            session_id: uuid("a revoked session's id", &self.session_id)?,
            expires_at: instant(self.expires_at),
        })
    }
}
