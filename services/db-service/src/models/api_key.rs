//! API keys.

use common_types::account::{ApiKey, ApiKeyScope};
use diesel::prelude::*;

use crate::{
    error::StoreResult,
    models::value::{from_json, instant, uuid},
    schema::api_keys,
};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
pub(crate) struct ApiKeyRow {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) key_hash: String,
    pub(crate) scopes: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
}

impl ApiKeyRow {
    /// # Errors
    /// `Corrupt` for scopes that we do not know.
    pub(crate) fn scopes(&self) -> StoreResult<Vec<ApiKeyScope>> {
        from_json("an API key's scopes", &self.scopes)
    }

    /// # Errors
    /// `Corrupt` for an id that is no UUID, and for scopes that we do not know.
    pub(crate) fn into_api_key(self) -> StoreResult<ApiKey> {
        let scopes = self.scopes()?;
        Ok(ApiKey {
            scopes,
            id: uuid("an API key's id", &self.id)?,
            name: self.name,
            prefix: self.prefix,
            created_at: instant(self.created_at),
            expires_at: self.expires_at.map(instant),
            last_used_at: self.last_used_at.map(instant),
            key: None,
        })
    }
}
