//! Accounts.

use common_types::{
    account::{Profile, Quota, Role, Usage, User},
    internal::accounts::Account,
};
use diesel::prelude::*;

use crate::{
    error::StoreResult,
    models::value::{from_column, instant, slug, to_column},
    schema::users,
};

/// An account as stored.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct AccountRow {
    pub(crate) id: i64,
    pub(crate) username: String,
    #[expect(dead_code, reason = "RETURNING yields every column")]
    pub(crate) username_folded: String,
    pub(crate) email: String,
    #[expect(dead_code, reason = "RETURNING yields every column")]
    pub(crate) email_folded: String,
    pub(crate) password_hash: String,
    pub(crate) role: String,
    pub(crate) is_active: bool,
    pub(crate) max_stored_bytes: Option<i64>,
    pub(crate) max_downloads_per_day: Option<i64>,
    pub(crate) max_active_downloads: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) last_login_at: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewAccountRow<'a> {
    pub(crate) username: &'a str,
    pub(crate) username_folded: &'a str,
    pub(crate) email: &'a str,
    pub(crate) email_folded: &'a str,
    pub(crate) password_hash: &'a str,
    pub(crate) role: &'static str,
    pub(crate) is_active: bool,
    pub(crate) created_at: i64,
}

/// A quota's columns; a limit of none is written as null.
#[derive(AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct QuotaColumns {
    pub(crate) max_stored_bytes: Option<i64>,
    pub(crate) max_downloads_per_day: Option<i64>,
    pub(crate) max_active_downloads: Option<i64>,
}

impl From<Quota> for QuotaColumns {
    fn from(quota: Quota) -> Self {
        Self {
            max_stored_bytes: quota.max_stored_bytes.map(to_column),
            max_downloads_per_day: quota.max_downloads_per_day.map(to_column),
            max_active_downloads: quota.max_active_downloads.map(to_column),
        }
    }
}

/// A name or an address in the form in which two of them are the same.
pub(crate) fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

impl AccountRow {
    /// # Errors
    /// `Corrupt` for a role that we do not know.
    pub(crate) fn role(&self) -> StoreResult<Role> {
        slug("a role", &self.role, Role::from_slug)
    }

    pub(crate) fn quota(&self) -> Quota {
        Quota {
            max_stored_bytes: self.max_stored_bytes.map(from_column),
            max_downloads_per_day: self.max_downloads_per_day.map(from_column),
            max_active_downloads: self.max_active_downloads.map(from_column),
        }
    }

    /// # Errors
    /// As [`AccountRow::role`].
    pub(crate) fn user(&self) -> StoreResult<User> {
        Ok(User {
            id: self.id,
            username: self.username.clone(),
            email: self.email.clone(),
            role: self.role()?,
        })
    }

    /// # Errors
    /// As [`AccountRow::role`].
    pub(crate) fn into_account(self) -> StoreResult<Account> {
        Ok(Account {
            user: self.user()?,
            is_active: self.is_active,
            created_at: instant(self.created_at),
            last_login_at: self.last_login_at.map(instant),
            quota: self.quota(),
            password_hash: self.password_hash,
        })
    }

    /// # Errors
    /// As [`AccountRow::role`].
    pub(crate) fn into_profile(self, usage: Usage) -> StoreResult<Profile> {
        Ok(Profile {
            id: self.id,
            role: self.role()?,
            is_active: self.is_active,
            created_at: instant(self.created_at),
            last_login_at: self.last_login_at.map(instant),
            usage,
            quota: self.quota(),
            username: self.username,
            email: self.email,
        })
    }
}
