//! The audit log, as administrators see it.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, media::wire_enum};

wire_enum! {
    /// What was done, or refused.
    AuditAction {
        AccountCreated = "account_created", Login = "login", Logout = "logout",
        SessionEnded = "session_ended", PasswordChanged = "password_changed",
        ApiKeyCreated = "api_key_created", ApiKeyDeleted = "api_key_deleted",
        AdminGranted = "admin_granted", AdminRevoked = "admin_revoked",
        AccountDisabled = "account_disabled", AccountEnabled = "account_enabled",
        AccountDeleted = "account_deleted",
        QuotaChanged = "quota_changed", DownloadDeleted = "download_deleted",
        BatchDeleted = "batch_deleted", PlaylistDeleted = "playlist_deleted",
        CookiesAdded = "cookies_added", CookiesDeleted = "cookies_deleted",
        DatabaseInitialised = "database_initialised",
    }
}

wire_enum! {
    /// What came of it: `throttled` was refused without being looked at.
    AuditOutcome { Success = "success", Refused = "refused", Throttled = "throttled" }
}

/// An item of `GET audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// Grows with time.
    pub id: i64,
    pub at: Timestamp,
    /// The account that it was done to; absent where no account was meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Who did it; absent where nobody was logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<i64>,
    /// The actor's username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    pub action: AuditAction,
    /// The thing that it was done to, as `session:<id>`, `api_key:<id>`, `download:<id>`, `cookies:<platform>` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The client's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The request's, as logs have it.
    pub request_id: String,
    pub outcome: AuditOutcome,
}

/// The query of `GET audit`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AuditQuery {
    /// What this user did, or what was done to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AuditAction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
