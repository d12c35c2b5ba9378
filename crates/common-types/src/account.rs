//! Accounts, sessions and API keys, as clients see them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{Timestamp, media::wire_enum};

wire_enum! {
    /// What an account may do.
    Role { User = "user", Admin = "admin" }
}

wire_enum! {
    /// What an API key may do beyond being known.
    ApiKeyScope { Read = "read", Download = "download", Admin = "admin" }
}

/// Who someone is, as login and verify say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub role: Role,
}

/// `POST register`.
// What is absent is read as empty, so that all that is wrong is named at once.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterRequest {
    /// Unique without case.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required, min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9_.-]+$")
    )]
    pub username: String,
    /// Unique without case.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, format = "email", max_length = 200))]
    pub email: String,
    /// Not one of the commonest, and without the username.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required, format = Password, min_length = 8, max_length = 128)
    )]
    pub password: String,
    /// Must equal `email`, where it is given.
    #[serde(default)]
    pub confirm_email: Option<String>,
    /// Must equal `password`, where it is given.
    #[serde(default)]
    pub confirm_password: Option<String>,
}

/// Without what is secret.
impl fmt::Debug for RegisterRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterRequest").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    pub success: bool,
    pub message: String,
    pub user_id: i64,
}

/// `POST login`: exactly one of `username`, `email` and `login` names the account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginRequest {
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub login: Option<String>,
    /// At most 1024 bytes.
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 1024))]
    pub password: String,
}

/// Without what is secret.
impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest").finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoggedIn {
    pub success: bool,
    pub token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the token expires.
    pub expires_in: u64,
    pub user: User,
}

/// Without what is secret.
impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    pub valid: bool,
    pub user: User,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub expires_at: Option<Timestamp>,
}

/// `POST password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordRequest {
    #[cfg_attr(feature = "openapi", schema(format = Password))]
    pub current_password: String,
    /// Not one of the commonest, and without the username.
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 8, max_length = 128))]
    pub new_password: String,
}

/// Without what is secret.
impl fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRequest").finish_non_exhaustive()
    }
}

/// An answer that only says that it worked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Done {
    pub success: bool,
    pub message: String,
}

impl Done {
    pub fn new(message: impl Into<String>) -> Self {
        Self { success: true, message: message.into() }
    }
}

/// What an account uses of its quota. A null limit means no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    pub stored_bytes: u64,
    /// Downloads asked for since midnight UTC.
    pub downloads_today: u64,
    pub active_downloads: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quota {
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub max_stored_bytes: Option<u64>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub max_downloads_per_day: Option<u64>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub max_active_downloads: Option<u64>,
}

/// `GET profile`, and an item of `GET users`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub role: Role,
    pub is_active: bool,
    pub created_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_login_at: Option<Timestamp>,
    pub usage: Usage,
    pub quota: Quota,
}

/// The part of a quota that changes. A limit that is absent stays as it is; null lifts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotaPatch {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_stored_bytes: Option<Option<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_downloads_per_day: Option<Option<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub max_active_downloads: Option<Option<u64>>,
}

impl QuotaPatch {
    /// `quota` with the changes made.
    pub fn apply_to(self, quota: Quota) -> Quota {
        Quota {
            max_stored_bytes: self.max_stored_bytes.unwrap_or(quota.max_stored_bytes),
            max_downloads_per_day: self
                .max_downloads_per_day
                .unwrap_or(quota.max_downloads_per_day),
            max_active_downloads: self.max_active_downloads.unwrap_or(quota.max_active_downloads),
        }
    }
}

/// Tells a member that is null from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `PATCH users/{id}` (admin). A field that is absent stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaPatch>,
}

/// An item of `GET sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub user_agent: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub address: Option<String>,
    /// Whether this is the session that asks.
    pub current: bool,
}

/// `POST api-keys`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyRequest {
    /// Printable characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// For ever, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 3650))]
    pub expires_in_days: Option<u32>,
    /// `read` and `download`, if absent. `admin` is for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 3))]
    pub scopes: Option<Vec<ApiKeyScope>>,
}

/// An item of `GET api-keys`; `key` is present only in the answer that makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    /// The first characters, to tell keys apart.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<ApiKeyScope>,
    pub created_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub expires_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_null_is_lifted_and_an_absent_one_stays() {
        let before = Quota {
            max_stored_bytes: Some(1),
            max_downloads_per_day: Some(2),
            max_active_downloads: Some(3),
        };
        let json = "{\"max_stored_bytes\":null,\"max_downloads_per_day\":9}";
        let patch: QuotaPatch = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&patch).unwrap(), json);
        let after = patch.apply_to(before);
        assert_eq!(after.max_stored_bytes, None);
        assert_eq!(after.max_downloads_per_day, Some(9));
        assert_eq!(after.max_active_downloads, Some(3));
    }

    #[test]
    fn requests_never_show_their_passwords() {
        let json = "{\"login\":\"ada\",\"password\":\"hunter22\"}";
        let request: LoginRequest = serde_json::from_str(json).unwrap();
        assert!(!format!("{request:?}").contains("hunter22"));
    }
}
