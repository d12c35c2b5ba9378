//! Accounts, sessions and API keys, as clients see them.

use serde::{Deserialize, Serialize};
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
pub struct User {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub role: Role,
}

/// `POST register`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterRequest {
    pub username: String,
    pub email: String,
    pub password: String,
    #[serde(default)]
    pub confirm_email: Option<String>,
    #[serde(default)]
    pub confirm_password: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registered {
    pub success: bool,
    pub message: String,
    pub user_id: i64,
}

/// `POST login`: exactly one of `username`, `email` and `login` names the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginRequest {
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub login: Option<String>,
    pub password: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoggedIn {
    pub success: bool,
    pub token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the token expires.
    pub expires_in: u64,
    pub user: User,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verified {
    pub valid: bool,
    pub user: User,
    pub expires_at: Option<Timestamp>,
}

/// `POST password`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PasswordRequest {
    pub current_password: String,
    pub new_password: String,
}

/// An answer that only says that it worked.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
pub struct Usage {
    pub stored_bytes: u64,
    /// Downloads asked for since midnight UTC.
    pub downloads_today: u64,
    pub active_downloads: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub max_stored_bytes: Option<u64>,
    pub max_downloads_per_day: Option<u64>,
    pub max_active_downloads: Option<u64>,
}

/// `GET profile`, and an item of `GET users`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub role: Role,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
    pub usage: Usage,
    pub quota: Quota,
}

/// `PATCH users/{id}` (admin). A field that is absent stays as it is; a quota of null lifts it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UserPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
}

/// An item of `GET sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    /// Whether this is the session that asks.
    pub current: bool,
}

/// `POST api-keys`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKeyRequest {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
}

/// An item of `GET api-keys`; `key` is present only in the answer that makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    /// The first characters, to tell keys apart.
    pub prefix: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}
