//! A user's cookies for a site: what may be told of them. What they say goes in and never out.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Files of cookies are this large at most, in bytes.
pub const MAX_COOKIES_BYTES: usize = 256 * 1024;

/// `PUT cookies`, as JSON.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CookiesRequest {
    /// A file in Netscape's format, as browser extensions export it.
    pub cookies: String,
}

/// Which cookies there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CookieState {
    pub success: bool,
    pub has_cookies: bool,
    pub domains: Vec<CookieDomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// In the answer of `PUT`: how many cookies were not taken, as they are other sites' or have
    /// expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
}

/// The cookies of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CookieDomain {
    pub domain: String,
    pub count: u64,
    /// When the last of them has expired; absent where all end with the browser's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
