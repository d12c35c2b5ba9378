//! The request target: one spelling of a path is served, every other is refused before routing.

use actix_web::http::Uri;
use common_types::ErrorCode;
use service_kit::{ApiError, ApiResult};

/// The path of a request, if it is written plainly.
///
/// # Errors
/// `invalid_request` for a whole URL; `not_found` for a path that a service might read differently
/// than we do: empty, `.` and `..` segments, backslashes, parameters, control characters, and
/// escapes of any of these or of what needs no escape.
pub fn check(uri: &Uri) -> ApiResult<&str> {
    if uri.scheme().is_some() || uri.authority().is_some() {
        let detail = "The request target must be a path, not a whole URL.";
        return Err(ApiError::new(ErrorCode::InvalidRequest, detail));
    }
    let path = uri.path();
    if is_plain(path) {
        Ok(path)
    } else {
        Err(ApiError::not_found("There is nothing at this path."))
    }
}

fn is_plain(path: &str) -> bool {
    // A slash at the end makes no empty segment; two of them do.
    let Some(rest) = path.strip_prefix('/') else { return false };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    path == "/" || rest.split('/').all(is_plain_segment)
}

fn is_plain_segment(segment: &str) -> bool {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let is_fine = match byte {
            b'%' => bytes.next().zip(bytes.next()).is_some_and(is_needed_escape),
            _ => is_unreserved(byte) || b"!$&'()*+,=:@".contains(&byte),
        };
        if !is_fine {
            return false;
        }
    }
    !matches!(segment, "" | "." | "..")
}

/// Whether an escape stands for something that a path can hold in no other way, and that no reader
/// takes for more than a character of a name.
fn is_needed_escape((high, low): (u8, u8)) -> bool {
    let Some(byte) = nibble(high).zip(nibble(low)).map(|(high, low)| (high << 4) | low) else {
        return false;
    };
    !is_unreserved(byte) && !byte.is_ascii_control() && !b"/\\%;".contains(&byte)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass() {
        for path in ["/", "/api/auth/.well-known/jwks.json", "/a/", "/a/b%20c", "/%C3%A9", "/x:y@z"]
        {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn every_trick_is_refused() {
        for path in [
            "",
            "*",
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/./a",
            "/a/.",
            "/a/..",
            "/../a",
            "/%2e/a",
            "/%2E%2e/a",
            "/.%2e/a",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/a;b",
            "/a%3bb",
            "/a%00",
            "/a%0d%0a",
            "/a%7f",
            "/%252e",
            "/%2",
            "/%zz",
            "/%61pi",
            "/é",
            "/a b",
            "/a\"b",
            "/a|b",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
