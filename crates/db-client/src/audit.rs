//! The audit log, and the throttle of logins.

use awc::http::Method;
use common_types::{
    audit::{AuditEvent, AuditQuery},
    internal::audit::{LoginAdmission, LoginAttempt, LoginRefused},
    page::Page,
};

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// Whether a password may be tried now.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn attempt_login(&self, attempt: &LoginAttempt) -> Result<LoginAdmission, DbError> {
        self.call(Method::POST, &internal("logins/attempt"), Some(attempt)).await
    }

    /// Notes that the password that was tried did not open the account.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn refuse_login(&self, refused: &LoginRefused) -> Result<(), DbError> {
        self.order(Method::POST, &internal("logins/refused"), Some(refused)).await
    }

    /// Newest first; only for someone who acts as an administrator.
    ///
    /// # Errors
    /// `forbidden`, `invalid_request`; else of the hop.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEvent>, DbError> {
        self.get_with(&internal("audit"), query).await
    }
}
