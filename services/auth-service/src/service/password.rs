//! Changing one's own password.

use common_types::{
    ErrorCode,
    account::PasswordRequest,
    internal::{
        accounts::{AccountPatch, EndSessions},
        audit::{Act, LoginAttempt, LoginRefused, Tried},
    },
};
use service_kit::{ApiError, ApiResult};
use uuid::Uuid;

use super::{
    AuthService,
    login::{UNKNOWN_ADDRESS, too_often},
};
use crate::passwords::Verdict;

impl AuthService {
    /// Changes the password and ends every other session in the same transaction, unless the
    /// password was changed by someone else meanwhile.
    ///
    /// # Errors
    /// `invalid_credentials` for a wrong current password, `rate_limited` after too many of them (a
    /// stolen session must not serve to guess it), `invalid_request` for a new one that may
    /// not be chosen, `already_exists` when another change was faster.
    pub(crate) async fn change_password(
        &self,
        user_id: i64,
        session: Uuid,
        act: &Act,
        request: PasswordRequest,
    ) -> ApiResult<()> {
        let account = self.own_account(user_id).await?;
        let rules = &self.shared.rules;
        if let Some(detail) =
            rules.complaint(&request.new_password, &account.user.username, &account.user.email)
        {
            return Err(ApiError::invalid_field("/new_password", detail));
        }
        let db = self.db.acting(act);
        let address = act.address.unwrap_or(UNKNOWN_ADDRESS);
        let attempt = LoginAttempt { tried: Tried::Own(user_id), address };
        if let Some(wait_ms) = db.attempt_login(&attempt).await?.wait_ms {
            return Err(too_often(wait_ms));
        }
        let stored = account.password_hash;
        let hasher = &self.shared.hasher;
        if hasher.verify(request.current_password, Some(stored.clone())).await? == Verdict::Wrong {
            let refused = LoginRefused { user_id: Some(user_id), address, is_own: true };
            db.refuse_login(&refused).await?;
            let detail = "The current password is wrong.";
            return Err(ApiError::new(ErrorCode::InvalidCredentials, detail));
        }
        let patch = AccountPatch {
            password_hash: Some(hasher.hash(request.new_password).await?),
            expected_password_hash: Some(stored),
            end_sessions: Some(EndSessions { except: Some(session) }),
            ..AccountPatch::default()
        };
        db.patch_account(user_id, &patch).await?;
        log::info!(user_id; "the password was changed");
        Ok(())
    }
}
