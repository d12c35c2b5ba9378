//! The sessions of a user.

use auth_tokens::UserIdentity;
use common_types::{
    ErrorCode,
    account::Session,
    internal::{accounts::SessionRecord, audit::Act},
    page::Page,
};
use service_kit::{ApiError, ApiResult};
use uuid::Uuid;

use super::AuthService;

impl AuthService {
    /// The sessions in force, newest first.
    pub(crate) async fn sessions(&self, identity: &UserIdentity) -> ApiResult<Page<Session>> {
        let current = parse(identity);
        let records = self.db.list_sessions(identity.user_id).await?;
        let items = records.into_iter().map(|record| to_session(record, current)).collect();
        Ok(Page { items, next_cursor: None })
    }

    /// Ends one session; its token is refused from then on.
    ///
    /// # Errors
    /// `not_found`, also for the session of another user.
    pub(crate) async fn end_session(
        &self,
        user_id: i64,
        act: &Act,
        session: Uuid,
    ) -> ApiResult<()> {
        self.db.acting(act).end_session(user_id, session).await?;
        log::info!(user_id; "a session was ended");
        Ok(())
    }
}

fn to_session(record: SessionRecord, current: Option<Uuid>) -> Session {
    Session {
        id: record.id,
        created_at: record.created_at,
        expires_at: record.expires_at,
        user_agent: record.user_agent,
        address: record.address,
        current: current == Some(record.id),
    }
}

/// The session that the identity stands for; an API key stands for none.
pub(crate) fn parse(identity: &UserIdentity) -> Option<Uuid> {
    identity.session_id.as_deref().and_then(|id| id.parse().ok())
}

/// The session, for what an API key may not do: it could outlive its own deletion otherwise, by
/// making another key or changing the password.
///
/// # Errors
/// `forbidden`.
pub(crate) fn required(identity: &UserIdentity) -> ApiResult<Uuid> {
    parse(identity).ok_or_else(|| {
        ApiError::new(ErrorCode::Forbidden, "An API key may not do this; log in for it.")
    })
}
