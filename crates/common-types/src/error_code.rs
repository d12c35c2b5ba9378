//! The one table of error codes: code, HTTP status, title.

use serde::{Deserialize, Serialize};

use crate::{MediaErrorCode, Problem};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident, $status:literal, $slug:literal, $title:literal;)*) => {
        /// A stable, machine-readable reason for a refusal; the HTTP status follows from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $slug)] $variant,)*
            /// The media cannot be had; the code is the media table's.
            #[serde(untagged)]
            Media(MediaErrorCode),
        }

        impl ErrorCode {
            /// Every code but the media table's.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* Self::Media(_) => 422 }
            }

            /// The code as clients see it, such as `not_found`.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* Self::Media(code) => code.slug() }
            }

            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* Self::Media(_) => "The media cannot be had" }
            }
        }
    };
}

error_codes! {
    InvalidJson, 400, "invalid_json", "The body is not valid JSON";
    InvalidRequest, 400, "invalid_request", "The request is not valid";
    InvalidUrl, 400, "invalid_url", "The URL is not valid";
    UnsupportedUrl, 400, "unsupported_url", "The URL is not one of this platform";
    TooManyUrls, 400, "too_many_urls", "Too many URLs";
    InvalidRange, 400, "invalid_range", "The range is not valid";
    Unauthenticated, 401, "unauthenticated", "Authentication is required";
    InvalidCredentials, 401, "invalid_credentials", "The credentials are not valid";
    TokenExpired, 401, "token_expired", "The token has expired";
    TokenRevoked, 401, "token_revoked", "The token has been revoked";
    Forbidden, 403, "forbidden", "Not allowed";
    Csrf, 403, "csrf", "The request came from another site";
    RegistrationClosed, 403, "registration_closed", "Registration is closed";
    AccountDisabled, 403, "account_disabled", "The account is disabled";
    NotFound, 404, "not_found", "Not found";
    MethodNotAllowed, 405, "method_not_allowed", "Method not allowed";
    AlreadyExists, 409, "already_exists", "It already exists";
    NotReady, 409, "not_ready", "Not ready yet";
    NotCancellable, 409, "not_cancellable", "It cannot be cancelled";
    NotRetryable, 409, "not_retryable", "It cannot be retried";
    /// Internal only: the lease on a job was lost, so the worker must let go of it.
    LeaseLost, 409, "lease_lost", "The lease was lost";
    Expired, 410, "expired", "The file has expired";
    PayloadTooLarge, 413, "payload_too_large", "The body is too large";
    UnsupportedMediaType, 415, "unsupported_media_type", "The media type is not supported";
    RangeNotSatisfiable, 416, "range_not_satisfiable", "The range cannot be satisfied";
    RateLimited, 429, "rate_limited", "Too many requests";
    QuotaExceeded, 429, "quota_exceeded", "The quota is used up";
    HeadersTooLarge, 431, "headers_too_large", "The request's headers are too large";
    Internal, 500, "internal", "Something went wrong on our side";
    BadGateway, 502, "bad_gateway", "A service behind the gateway failed";
    Unavailable, 503, "unavailable", "Not available at the moment";
    GatewayTimeout, 504, "gateway_timeout", "A service behind the gateway took too long";
}

impl ErrorCode {
    /// Whether clients can meet it: some codes are for processes of ours alone.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::LeaseLost)
    }

    /// A problem of this code. `detail` is written for the caller; it is sent.
    pub fn problem(self, detail: impl Into<String>) -> Problem {
        Problem::new(self, detail.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_slug_of_its_own() {
        let mut slugs: Vec<_> = ErrorCode::ALL.iter().map(|code| code.slug()).collect();
        slugs.extend(MediaErrorCode::ALL.iter().map(|code| code.slug()));
        let count = slugs.len();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), count);
    }

    #[test]
    fn codes_survive_the_wire() {
        let media = ErrorCode::Media(MediaErrorCode::PrivateVideo);
        for code in ErrorCode::ALL.iter().copied().chain([media]) {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.slug()));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).unwrap(), code);
        }
    }
}
