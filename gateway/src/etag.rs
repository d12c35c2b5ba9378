//! Entity tags of what the gateway itself serves (RFC 9110, section 8.8.3).

use actix_web::{HttpRequest, http::header};
use sha2::{Digest, Sha256};

/// Enough of the digest that no two versions share it.
const BYTES: usize = 12;

/// A strong tag, quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Etag(String);

impl Etag {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::of_digest(&Sha256::digest(bytes))
    }

    /// As [`Self::of`], where the SHA-256 of the bytes is known.
    pub(crate) fn of_digest(digest: &[u8]) -> Self {
        let hex: String = digest.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("\"{hex}\""))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the client holds this version: weak comparison (section 13.1.2).
    pub(crate) fn is_known_to(&self, request: &HttpRequest) -> bool {
        let tags = request.headers().get(header::IF_NONE_MATCH);
        let mut tags = tags.and_then(|tags| tags.to_str().ok()).unwrap_or("").split(',');
        tags.any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.trim_start_matches("W/") == self.0
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_version_is_known_by_its_tag_in_any_form() {
        let etag = Etag::of(b"a");
        let tag = etag.as_str().to_owned();
        let is_known = |tags: &str| {
            let request = TestRequest::default().insert_header((header::IF_NONE_MATCH, tags));
            etag.is_known_to(&request.to_http_request())
        };
        assert!(is_known(&tag) && is_known(&format!("\"x\", W/{tag}")) && is_known("*"));
        assert!(!is_known("") && !is_known("\"x\"") && !is_known(tag.trim_matches('"')));
    }
}
