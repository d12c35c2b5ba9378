//! Whether a request that a cookie authenticates was made by a page that may make it.

use actix_web::{
    HttpRequest,
    http::{Method, header},
};
use common_types::ErrorCode;
use service_kit::{ApiError, ApiResult};

use crate::caller::Caller;

/// Refuses a change of state from a page of another origin.
///
/// # Errors
/// `csrf`.
pub(crate) fn check(
    request: &HttpRequest,
    caller: &Caller<'_>,
    allowed: &[String],
) -> ApiResult<()> {
    if is_safe(request.method()) || is_from_a_known_origin(request, caller, allowed) {
        return Ok(());
    }
    let detail = "A request with the session cookie must come from the same origin.";
    Err(ApiError::new(ErrorCode::Csrf, detail))
}

/// Refuses a WebSocket to a page of another origin: the handshake is a GET that browsers send with
/// the cookie from any page, and let no page read of the answer stop them.
///
/// # Errors
/// `csrf`.
pub(crate) fn check_socket(
    request: &HttpRequest,
    caller: &Caller<'_>,
    allowed: &[String],
    is_cookie: bool,
) -> ApiResult<()> {
    let names_origin = request.headers().contains_key(header::ORIGIN);
    if (!names_origin && !is_cookie) || is_from_a_known_origin(request, caller, allowed) {
        return Ok(());
    }
    let detail = "A WebSocket must be opened from the same origin.";
    Err(ApiError::new(ErrorCode::Csrf, detail))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// `Sec-Fetch-Site` is set by the browser alone and needs no knowledge of our own origin. Browsers
/// leave it out on plain http; there, and for the origins that CORS allows, `Origin` decides.
fn is_from_a_known_origin(request: &HttpRequest, caller: &Caller<'_>, allowed: &[String]) -> bool {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| site == "same-origin") {
        return true;
    }
    let mut origins = headers.get_all(header::ORIGIN);
    // Browsers send one; two readers might disagree about which of two counts.
    let origin = origins.next().filter(|_| origins.next().is_none());
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let is_allowed = |origin: &str| allowed.iter().any(|allowed| allowed == origin);
    origin.is_some_and(|origin| is_allowed(origin) || (site.is_none() && is_own(origin, caller)))
}

fn is_own(origin: &str, caller: &Caller<'_>) -> bool {
    let host = caller.host.and_then(|host| host.to_str().ok());
    origin.split_once("://").is_some_and(|(scheme, authority)| {
        scheme == caller.scheme() && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
    })
}
