//! What administrators see and change of other accounts.

use common_types::{
    ErrorCode,
    account::{Profile, Role, UserPatch},
    audit::{AuditEvent, AuditQuery},
    internal::{accounts::AccountPatch, audit::Act},
    page::Page,
};
use service_kit::{ApiError, ApiResult};

use super::AuthService;

impl AuthService {
    /// A page of all accounts, newest first.
    ///
    /// # Errors
    /// `forbidden` for everyone but administrators.
    pub(crate) async fn users(
        &self,
        asked_by: i64,
        act: &Act,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> ApiResult<Page<Profile>> {
        self.require_admin(asked_by).await?;
        Ok(self.db.acting(act).list_accounts(limit, cursor).await?)
    }

    /// A page of the audit log, newest first.
    ///
    /// # Errors
    /// `forbidden` for everyone but administrators.
    pub(crate) async fn audit(
        &self,
        asked_by: i64,
        act: &Act,
        query: &AuditQuery,
    ) -> ApiResult<Page<AuditEvent>> {
        self.require_admin(asked_by).await?;
        Ok(self.db.acting(act).audit(query).await?)
    }

    /// Changes an account; to disable it ends its sessions.
    ///
    /// # Errors
    /// `forbidden` for everyone but administrators, and where the last of them would be lost;
    /// `not_found`.
    pub(crate) async fn patch_user(
        &self,
        asked_by: i64,
        act: &Act,
        user_id: i64,
        patch: &UserPatch,
    ) -> ApiResult<Profile> {
        self.require_admin(asked_by).await?;
        let quota = match patch.quota {
            Some(quota) => Some(quota.apply_to(self.db.account(user_id).await?.quota)),
            None => None,
        };
        let change = AccountPatch {
            role: patch.role,
            is_active: patch.is_active,
            quota,
            ..AccountPatch::default()
        };
        let account = self.db.acting(act).patch_account(user_id, &change).await?;
        log::info!(user_id, by = asked_by; "an account was changed by an administrator");
        self.with_usage(account).await
    }

    /// The role is asked for each time: a token does not carry it, so that it cannot outlive it. For
    /// whoever it lets through, db-service decides it again, together with what is asked for.
    pub(super) async fn require_admin(&self, user_id: i64) -> ApiResult<()> {
        let account = self.own_account(user_id).await?;
        if account.user.role == Role::Admin {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::Forbidden, "Only administrators may do this."))
    }
}
