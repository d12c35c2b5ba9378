//! Sessions and the feed of revocations.

use awc::http::Method;
use common_types::internal::accounts::{
    EndSessions, NewSession, RevocationFeed, SessionRecord, SessionsEnded,
};
use uuid::Uuid;

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// # Errors
    /// `account_disabled`; else of the hop.
    pub async fn create_session(
        &self,
        user_id: i64,
        session: &NewSession,
    ) -> Result<SessionRecord, DbError> {
        let path = internal(format_args!("users/{user_id}/sessions"));
        self.call(Method::POST, &path, Some(session)).await
    }

    /// The sessions that are in force, newest first.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn list_sessions(&self, user_id: i64) -> Result<Vec<SessionRecord>, DbError> {
        self.get(&internal(format_args!("users/{user_id}/sessions"))).await
    }

    /// A session, ended or not.
    ///
    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn session(&self, user_id: i64, session: Uuid) -> Result<SessionRecord, DbError> {
        self.get(&internal(format_args!("users/{user_id}/sessions/{session}"))).await
    }

    /// Ends a session; one that is ended already stays so.
    ///
    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn end_session(&self, user_id: i64, session: Uuid) -> Result<SessionRecord, DbError> {
        let path = internal(format_args!("users/{user_id}/sessions/{session}"));
        self.call(Method::DELETE, &path, None::<&()>).await
    }

    /// # Errors
    /// Of the hop.
    pub async fn end_sessions(
        &self,
        user_id: i64,
        which: &EndSessions,
    ) -> Result<SessionsEnded, DbError> {
        let path = internal(format_args!("users/{user_id}/sessions/end-all"));
        self.call(Method::POST, &path, Some(which)).await
    }

    /// The revocations in force that came after `after`, oldest first.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn revocations(&self, after: i64) -> Result<RevocationFeed, DbError> {
        self.get_with(&internal("revocations"), &[("after", after)]).await
    }
}
