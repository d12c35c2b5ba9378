//! What users may know of themselves.

use auth_tokens::UserIdentity;
use common_types::{
    Timestamp,
    account::{Profile, Usage, Verified},
    download::{Download, DownloadQuery},
    internal::accounts::Account,
    page::Page,
};
use db_client::Owner;
use service_kit::ApiResult;

use super::{AuthService, ended, found, sessions};

impl AuthService {
    /// Whether the credential is in force at this very moment, and whose it is. Gateways learn of
    /// an ended session within seconds; this asks.
    ///
    /// # Errors
    /// `token_revoked`.
    pub(crate) async fn verify(&self, identity: &UserIdentity) -> ApiResult<Verified> {
        if let Some(session) = sessions::parse(identity) {
            let session = found(self.db.session(identity.user_id, session).await)?;
            session.filter(|session| session.ended_at.is_none()).ok_or_else(ended)?;
        }
        let account = self.own_account(identity.user_id).await?;
        let expires_at = identity.expires_at.map(Timestamp::from_seconds);
        Ok(Verified { valid: true, user: account.user, expires_at })
    }

    pub(crate) async fn profile(&self, user_id: i64) -> ApiResult<Profile> {
        let account = self.own_account(user_id).await?;
        self.with_usage(account).await
    }

    /// The user's downloads on every platform, newest first.
    pub(crate) async fn activity(
        &self,
        user_id: i64,
        limit: Option<u32>,
        cursor: Option<String>,
    ) -> ApiResult<Page<Download>> {
        let owner = Owner { user_id, platform: None };
        let query = DownloadQuery { limit, cursor, ..DownloadQuery::default() };
        let list = self.db.list_downloads(owner, &query).await?;
        Ok(Page { items: list.items, next_cursor: list.next_cursor })
    }

    pub(super) async fn with_usage(&self, account: Account) -> ApiResult<Profile> {
        let usage = self.db.usage(account.user.id).await?;
        Ok(to_profile(account, usage))
    }
}

fn to_profile(account: Account, usage: Usage) -> Profile {
    Profile {
        id: account.user.id,
        username: account.user.username,
        email: account.user.email,
        role: account.user.role,
        is_active: account.is_active,
        created_at: account.created_at,
        last_login_at: account.last_login_at,
        usage,
        quota: account.quota,
    }
}
