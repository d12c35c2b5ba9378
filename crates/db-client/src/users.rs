//! Accounts.

use awc::http::Method;
use common_types::{
    account::{Profile, Usage},
    internal::accounts::{Account, AccountPatch, NewAccount},
    page::Page,
};
use serde::Serialize;

use crate::{DbClient, DbError, transport::internal};

#[derive(Serialize)]
struct PageQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

impl DbClient {
    /// # Errors
    /// `already_exists`, `registration_closed`; else of the hop.
    pub async fn create_account(&self, account: &NewAccount) -> Result<Account, DbError> {
        self.call(Method::POST, &internal("users"), Some(account)).await
    }

    /// Whether there is any account.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn has_accounts(&self) -> Result<bool, DbError> {
        self.get(&internal("users/any")).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn account(&self, user_id: i64) -> Result<Account, DbError> {
        self.get(&internal(format_args!("users/{user_id}"))).await
    }

    /// # Errors
    /// `not_found`, `already_exists`, `forbidden` for the last admin, and for who acts as none; else of the hop.
    pub async fn patch_account(
        &self,
        user_id: i64,
        patch: &AccountPatch,
    ) -> Result<Account, DbError> {
        self.call(Method::PATCH, &internal(format_args!("users/{user_id}")), Some(patch)).await
    }

    /// Only for someone who acts as an administrator.
    ///
    /// # Errors
    /// `forbidden`; else of the hop.
    pub async fn list_accounts(
        &self,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Profile>, DbError> {
        self.get_with(&internal("users"), &PageQuery { limit, cursor }).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn usage(&self, user_id: i64) -> Result<Usage, DbError> {
        self.get(&internal(format_args!("users/{user_id}/usage"))).await
    }
}
