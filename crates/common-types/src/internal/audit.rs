//! On whose behalf a process asks db-service to change something, for the audit log; logins that are
//! tried, and their throttle.
//!
//! | call | body | answer | refusals |
//! |---|---|---|---|
//! | `POST logins/attempt` | `LoginAttempt` | `LoginAdmission` | |
//! | `POST logins/refused` | `LoginRefused` | 204 | |
//! | `GET audit?user_id&action&limit&cursor` | – | `Page<AuditEvent>`, newest first | `forbidden`, `invalid_request` |
//!
//! A change that is made for someone carries an [`Act`] in [`ACT_HEADER`]; the change and its entry in
//! the log are one transaction.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::internal::accounts::Account;

/// The header in which a peer says, as JSON, for whom it acts.
pub const ACT_HEADER: &str = "x-magpie-act";

/// For whom a process acts, and from where that one asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The user who asks; absent where nobody is logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<i64>,
    /// The session that asks; absent for an API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// Whose password someone is about to try.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// An account by its username or e-mail address. What nobody goes by is counted under `digest`
    /// alone: people type passwords where a name belongs.
    Login { login: Option<String>, digest: String },
    /// The password of one's own account, asked for again.
    Own(i64),
}

/// `POST /internal/logins/attempt`, before a password is verified: takes one from the allowance.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginAttempt {
    pub tried: Tried,
    pub address: IpAddr,
}

/// Whether the password may be tried, and against which account if there is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginAdmission {
    pub account: Option<Account>,
    /// Not before this many milliseconds have passed; at once, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
}

/// `POST /internal/logins/refused`: the password was wrong, or the account may not be used.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginRefused {
    /// The account, where there is one.
    pub user_id: Option<i64>,
    pub address: IpAddr,
    /// Whether it was one's own password, asked for again.
    pub is_own: bool,
}
