//! From what was pasted to a URL on one of YouTube's hosts.

use platform_kit::LinkError;
use url::{Host, Url};

/// Longer than any link that a person pastes.
const MAX_URL_BYTES: usize = 2048;

pub(super) const HOSTS: [&str; 5] =
    ["youtube.com", "youtu.be", "youtube-nocookie.com", "youtubekids.com", "youtubeeducation.com"];

/// A web URL on one of the site's hosts, and that host without its subdomain. It has no
/// credentials, no port and nothing that two parsers might read differently.
pub(super) fn parse(text: &str) -> Result<(Url, &'static str), LinkError> {
    let text = without_brackets(text.trim());
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.is_empty() || text.len() > MAX_URL_BYTES || text.contains(is_odd) {
        return Err(LinkError::Invalid);
    }
    let (url, has_scheme) = match Url::parse(text) {
        Ok(url) => (url, true),
        // People also paste `youtu.be/…` as their address bar shows it.
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let address = text.strip_prefix("//").unwrap_or(text);
            let url = Url::parse(&format!("https://{address}"));
            (url.map_err(|_malformed| LinkError::Invalid)?, false)
        }
        Err(_malformed) => return Err(LinkError::Invalid),
    };
    let authority = authority(text);
    if !matches!(url.scheme(), "http" | "https") || names_more_than_a_host(authority) {
        return Err(LinkError::Invalid);
    }
    let elsewhere = if has_scheme { LinkError::Unsupported } else { LinkError::Invalid };
    let host = site_host(&url).ok_or(elsewhere)?;
    let is_plain = url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(authority));
    // Percent-encoded, full-width or with characters that do not show: nobody pastes that.
    if is_plain { Ok((url, host)) } else { Err(LinkError::Invalid) }
}

/// Mail programs write `<https://…>`.
fn without_brackets(text: &str) -> &str {
    let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    inner.map_or(text, str::trim)
}

/// What stands where the host belongs, as it was written.
fn authority(text: &str) -> &str {
    let after_scheme = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => rest,
        _ => text,
    };
    let rest = after_scheme.trim_start_matches('/');
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Whether there is a port or are credentials, be it the default port or an empty name, which the
/// parsed form no longer shows.
fn names_more_than_a_host(authority: &str) -> bool {
    // The colons of an IPv6 literal stand inside its brackets.
    let after_literal = authority.rsplit_once(']').map_or(authority, |(_, rest)| rest);
    authority.contains('@') || after_literal.contains(':')
}

/// The site's host that the URL is on, without its subdomain.
fn site_host(url: &Url) -> Option<&'static str> {
    let Some(Host::Domain(domain)) = url.host() else { return None };
    HOSTS.into_iter().find(|host| {
        let subdomain = domain.strip_suffix(host);
        subdomain.is_some_and(|rest| rest.is_empty() || is_known_subdomain(rest))
    })
}

fn is_known_subdomain(prefix: &str) -> bool {
    matches!(
        prefix,
        "www." | "m." | "music." | "gaming." | "kids." | "consent." | "studio." | "tv." | "w."
    )
}
