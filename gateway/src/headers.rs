//! Which headers cross the gateway, in either direction.
//!
//! What belongs to one hop is dropped first, so that a client cannot name our own headers in
//! `Connection` and have them removed; then whatever claims to know who asks; ours come last.

use actix_web::http::header as actix;
use http::{HeaderMap, HeaderName, HeaderValue};

/// RFC 9110, section 7.6.1, and what describes one connection or its framing.
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "content-length"
            | "expect"
            | "host"
            | "http2-settings"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Credentials, which the signed identity replaces, and anything a service might take for one.
/// Names with `_` are dropped as well: to some readers they are the same as with `-`.
fn is_about_identity(name: &str) -> bool {
    const PREFIXES: [&str; 5] = ["x-magpie-", "x-user-", "x-auth-", "x-internal-", "x-forwarded-"];
    matches!(name, "authorization" | "cookie" | "forwarded" | "x-real-ip" | "x-request-id")
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || name.contains('_')
}

/// The headers of a client's request that its service may see.
pub(crate) fn of_request(headers: &actix::HeaderMap) -> HeaderMap {
    let nominated = nominated(headers.get_all(actix::CONNECTION).map(actix::HeaderValue::as_bytes));
    // Room for those that the gateway adds.
    let mut kept = HeaderMap::with_capacity(headers.len().saturating_add(8));
    for (name, value) in headers {
        let name = name.as_str();
        if is_hop_by_hop(name) || is_nominated(&nominated, name) || is_about_identity(name) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            kept.append(name, value);
        }
    }
    kept
}

/// Copies the headers of a service's answer that its client may see.
pub(crate) fn copy_answer(headers: &HeaderMap, into: &mut actix::HeaderMap) {
    let nominated =
        nominated(headers.get_all(http::header::CONNECTION).iter().map(HeaderValue::as_bytes));
    for (name, value) in headers {
        let name = name.as_str();
        let is_ours = name.starts_with("x-magpie-") || name == "x-request-id";
        if is_hop_by_hop(name) || is_nominated(&nominated, name) || is_ours {
            continue;
        }
        let name = actix::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, actix::HeaderValue::from_bytes(value.as_bytes())) {
            into.append(name, value);
        }
    }
}

/// The names that `Connection` nominates, beside the options that are no names.
fn nominated<'h>(lines: impl Iterator<Item = &'h [u8]>) -> Vec<&'h [u8]> {
    lines
        .flat_map(|line| line.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|name| {
            !name.eq_ignore_ascii_case(b"keep-alive") && !name.eq_ignore_ascii_case(b"close")
        })
        .collect()
}

fn is_nominated(nominated: &[&[u8]], name: &str) -> bool {
    nominated.iter().any(|nominated| nominated.eq_ignore_ascii_case(name.as_bytes()))
}
