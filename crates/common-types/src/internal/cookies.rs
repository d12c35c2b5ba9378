//! Users' cookies for sites between platform services and db-service, which cannot read them.
//!
//! | call | body | answer | refusals |
//! |---|---|---|---|
//! | `PUT users/{id}/cookies/{platform}` | `SealedCookies` | `CookieRecord` | `account_disabled`, `payload_too_large` |
//! | `GET users/{id}/cookies/{platform}` | – | `CookieRecord` | |
//! | `DELETE users/{id}/cookies/{platform}` | – | 204; again is no error | |

use serde::{Deserialize, Serialize};

use crate::{Timestamp, cookies::MAX_COOKIES_BYTES};

/// What is sealed is printable, and so a third larger than what it seals.
pub const MAX_SEALED_BYTES: usize = MAX_COOKIES_BYTES * 2;

/// Sealed by the platform's service, for it to open.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealedCookies {
    pub sealed: String,
}

/// What is kept of a user for one platform.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieRecord {
    pub sealed: String,
    pub updated_at: Timestamp,
}
