//! Changing one's own password.

use common_types::{
    ErrorCode,
    account::PasswordRequest,
    internal::accounts::{AccountPatch, EndSessions},
};
use service_kit::{ApiError, ApiResult};
use uuid::Uuid;

use super::AuthService;
use crate::passwords::Verdict;

impl AuthService {
    /// Changes the password and ends every other session in the same transaction, unless the
    /// password was changed by someone else meanwhile.
    ///
    /// # Errors
    /// `invalid_credentials` for a wrong current password, `invalid_request` for a new one that may
    /// not be chosen, `already_exists` when another change was faster.
    pub(crate) async fn change_password(
        &self,
        user_id: i64,
        session: Uuid,
        request: PasswordRequest,
    ) -> ApiResult<()> {
        let account = self.own_account(user_id).await?;
        let rules = &self.shared.rules;
        if let Some(detail) = rules.complaint(&request.new_password, &account.user.username) {
            return Err(ApiError::invalid_field("/new_password", detail));
        }
        let stored = account.password_hash;
        let hasher = &self.shared.hasher;
        if hasher.verify(request.current_password, Some(stored.clone())).await? == Verdict::Wrong {
            let detail = "The current password is wrong.";
            return Err(ApiError::new(ErrorCode::InvalidCredentials, detail));
        }
        let patch = AccountPatch {
            password_hash: Some(hasher.hash(request.new_password).await?),
            expected_password_hash: Some(stored),
            end_sessions: Some(EndSessions { except: Some(session) }),
            ..AccountPatch::default()
        };
        self.db.patch_account(user_id, &patch).await?;
        log::info!(user_id; "the password was changed");
        Ok(())
    }
}
