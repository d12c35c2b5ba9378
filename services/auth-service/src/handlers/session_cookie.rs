//! The cookie that carries a browser's session.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};
use common_types::paths::SESSION_COOKIE;

/// A cookie that no script reads and no other site sends along.
pub(crate) fn set(
    request: &HttpRequest,
    token: String,
    ttl: std::time::Duration,
) -> Cookie<'static> {
    let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    build(request, token, Duration::seconds(seconds))
}

/// The cookie that makes a browser forget the other one.
pub(crate) fn clear(request: &HttpRequest) -> Cookie<'static> {
    build(request, String::new(), Duration::ZERO)
}

fn build(request: &HttpRequest, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https(request))
        .max_age(max_age)
        .finish()
}

/// How the client reached the gateway, which vouches for the header: it replaces what a client says.
fn is_https(request: &HttpRequest) -> bool {
    let scheme = request.headers().get("x-forwarded-proto");
    scheme.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}
