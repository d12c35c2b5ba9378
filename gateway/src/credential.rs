//! The credential of a request: a bearer token or API key, or the session cookie.

use actix_web::http::header::{self, HeaderMap};
use common_types::paths::SESSION_COOKIE;

/// Longer credentials are not ours.
const MAX_BYTES: usize = 4096;
const BEARER: &[u8] = b"bearer ";

/// What a client shows to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credential<'r> {
    pub(crate) token: &'r str,
    /// Browsers send cookies unasked, so what they authenticate needs a check of its origin.
    pub(crate) is_cookie: bool,
}

/// The one credential of a request. Several, or one that is not understood, are as good as none:
/// two readers might disagree about which counts.
pub(crate) fn find(headers: &HeaderMap) -> Option<Credential<'_>> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION);
    match (authorizations.next(), authorizations.next()) {
        (None, _) => session_cookie(headers).map(|token| Credential { token, is_cookie: true }),
        (Some(only), None) => {
            let token = bearer(only.as_bytes())?;
            Some(Credential { token, is_cookie: false })
        }
        (Some(_), Some(_)) => None,
    }
}

fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| checked(token)).flatten()
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.trim() == SESSION_COOKIE);
    let (_, token) = found.next()?;
    let token = token.trim();
    found.next().is_none().then(|| checked(token.as_bytes())).flatten()
}

/// The token, if it can be one: JWTs and API keys are of one alphabet. Every request's token comes
/// by here, so all its bytes are looked at without a branch, which the compiler does many at a time.
fn checked(token: &[u8]) -> Option<&str> {
    if !(1..=MAX_BYTES).contains(&token.len()) {
        return None;
    }
    let is_token = token.iter().fold(true, |so_far, byte| so_far & is_in_alphabet(*byte));
    is_token.then(|| str::from_utf8(token).ok()).flatten()
}

const fn is_in_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_') | (byte == b'.')
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn found(lines: &[(&'static str, &'static str)]) -> Option<(String, bool)> {
        let request =
            lines.iter().fold(TestRequest::default(), |request, line| request.append_header(*line));
        let request = request.to_http_request();
        find(request.headers()).map(|found| (found.token.to_owned(), found.is_cookie))
    }

    #[test]
    fn a_bearer_token_wins_over_the_cookie() {
        let cookie = ("cookie", "a=b; magpie_session=c");
        assert_eq!(found(&[cookie]), Some(("c".into(), true)));
        assert_eq!(found(&[("authorization", "bearer x"), cookie]), Some(("x".into(), false)));
    }

    #[test]
    fn two_credentials_of_a_kind_are_none() {
        let bearer = ("authorization", "Bearer x");
        assert_eq!(found(&[bearer, bearer]), None);
        assert_eq!(found(&[("cookie", "magpie_session=a; magpie_session=b")]), None);
        assert_eq!(found(&[("cookie", "magpie_session=a"), ("cookie", "magpie_session=a")]), None);
    }

    #[test]
    fn what_is_malformed_is_none_even_beside_a_good_cookie() {
        let cookie = ("cookie", "magpie_session=c");
        for line in ["Basic x", "Bearer", "Bearer ", "Bearer  x", "Bearer x y", "Bearer x,y"] {
            assert_eq!(found(&[("authorization", line), cookie]), None, "{line}");
        }
    }
}
