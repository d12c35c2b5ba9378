//! API keys.

use awc::http::Method;
use common_types::{
    account::ApiKey,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, NewApiKey},
};
use uuid::Uuid;

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// # Errors
    /// `already_exists`, `account_disabled`; else of the hop.
    pub async fn create_api_key(&self, user_id: i64, key: &NewApiKey) -> Result<ApiKey, DbError> {
        let path = internal(format_args!("users/{user_id}/api-keys"));
        self.call(Method::POST, &path, Some(key)).await
    }

    /// Newest first.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn list_api_keys(&self, user_id: i64) -> Result<Vec<ApiKey>, DbError> {
        self.get(&internal(format_args!("users/{user_id}/api-keys"))).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn delete_api_key(&self, user_id: i64, key: Uuid) -> Result<(), DbError> {
        let path = internal(format_args!("users/{user_id}/api-keys/{key}"));
        self.order(Method::DELETE, &path, None::<&()>).await
    }

    /// # Errors
    /// `unauthenticated`, `token_expired`, `account_disabled`; else of the hop.
    pub async fn verify_api_key(&self, lookup: &ApiKeyLookup) -> Result<ApiKeyVerdict, DbError> {
        self.call(Method::POST, &internal("api-keys/verify"), Some(lookup)).await
    }
}
