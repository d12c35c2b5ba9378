//! Accounts between auth-service and db-service, and verdicts for the gateway.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Timestamp,
    account::{ApiKeyScope, Quota, Role, User},
};

/// An account as it is stored, its password hash included. Never leaves the services.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    pub user: User,
    /// PHC string (argon2id) or modular crypt format (bcrypt, carried over).
    pub password_hash: String,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
    pub quota: Quota,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.user.id).finish_non_exhaustive()
    }
}

/// `POST /internal/users`. The first account of the database becomes admin.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password_hash: String,
    /// Refuse with `registration_closed` when there is an account already.
    pub only_if_first: bool,
}

/// An account by its username or e-mail address, both without case.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountLookup {
    pub login: String,
}

/// `PATCH /internal/users/{id}`; an absent field stays as it is.
///
/// A new `password_hash` may be conditional: with `expected_password_hash` the change is made only
/// while the stored hash is still that one (`already_exists` otherwise), so that a rehash at login
/// never undoes a password change that came in between.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AccountPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_password_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// False also ends every session of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// Sessions to end in the same transaction, as a change of password wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_sessions: Option<EndSessions>,
}

/// `POST /internal/users/{id}/sessions`. Also notes the time of login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewSession {
    pub id: Uuid,
    pub token_id: Uuid,
    pub expires_at: Timestamp,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

/// A session as stored. `ended_at` is set once it was logged out or ended by its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub id: Uuid,
    pub user_id: i64,
    pub token_id: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

/// `POST /internal/users/{id}/sessions/end-all`: ends the sessions of a user, one perhaps spared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EndSessions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<Uuid>,
}

/// How many sessions were in force until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    pub ended: u64,
}

/// One ended session whose tokens must be refused until `expires_at`.
///
/// A deleted API key, and every key of an account that is disabled, is announced here too, so that
/// verdicts kept in a cache end as fast as sessions do; no verdict on a key may be kept for longer
/// than [`KEY_VERDICT_MAX_MS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Grows by at least one with each revocation; the cursor of the feed.
    pub sequence: i64,
    /// The session, or the API key.
    pub session_id: Uuid,
    pub expires_at: Timestamp,
}

/// `GET /internal/revocations?after=…`: every revocation that is still in force, oldest first.
/// db-service answers auth-service, and auth-service the gateways.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RevocationFeed {
    pub items: Vec<Revocation>,
    /// What to pass as `after` next time.
    pub cursor: i64,
    /// True when `items` was cut short and the caller should ask again at once.
    pub more: bool,
}

/// Something has ended: db-service tells it where processes tell each other things, so that a gateway
/// looks at the feed at once. It names nothing, for the feed alone is the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationNews {}

impl RevocationNews {
    /// Where it is told.
    pub const CHANNEL: &str = "revocations";
}

/// `POST /internal/users/{id}/api-keys`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewApiKey {
    pub name: String,
    pub prefix: String,
    /// Lower-case hex of the key's SHA-256.
    pub key_hash: String,
    pub scopes: Vec<ApiKeyScope>,
    pub expires_at: Option<Timestamp>,
}

/// For how long a verdict on an API key may be believed, in milliseconds.
pub const KEY_VERDICT_MAX_MS: i64 = 300_000;

/// `POST /internal/api-keys/verify`; also notes the use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKeyLookup {
    pub key_hash: String,
}

/// A key that is known, in force and of an active account; else `unauthenticated`,
/// `token_expired` or `account_disabled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyVerdict {
    pub id: Uuid,
    pub user: User,
    pub scopes: Vec<ApiKeyScope>,
    pub expires_at: Option<Timestamp>,
}
