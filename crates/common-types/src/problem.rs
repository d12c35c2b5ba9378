//! The body of every error: problem details for HTTP APIs (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::ErrorCode;

/// The media type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// What every error answers with; `success` and `error` are for clients of the older API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: ErrorCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Always false.
    pub success: bool,
    /// Repeats `detail`.
    pub error: String,
    /// For a media code: one sentence that the user can act on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Which fields of the request are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Present, and false, where a credential was to be verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
}

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the request's body, such as `/urls/3`.
    pub pointer: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

impl Problem {
    pub fn new(code: ErrorCode, detail: String) -> Self {
        Self {
            kind: format!("urn:magpie:problem:{}", code.slug()),
            title: code.title().to_owned(),
            status: code.status(),
            error: detail.clone(),
            detail,
            code,
            request_id: None,
            success: false,
            remedy: None,
            errors: Vec::new(),
            valid: None,
        }
    }
}
