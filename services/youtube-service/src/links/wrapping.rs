//! Pages of the site that only lead on to another one.

use url::{Url, form_urlencoded};

use super::{MAX_NESTING, parameter, segments};

/// The pages, and the parameter in which each carries the link that it leads to.
const WRAPPING: [(&str, &str); 10] = [
    ("attribution_link", "u"),
    ("redirect", "q"),
    // The first four of consent.youtube.com.
    ("m", "continue"),
    ("ml", "continue"),
    ("d", "continue"),
    ("save", "continue"),
    ("signin", "next"),
    ("verify_age", "next_url"),
    ("verify_controversy", "next_url"),
    ("oembed", "url"),
];

/// The link that this page would lead on to.
pub(super) fn target(url: &Url) -> Option<String> {
    let first = segments(url).next()?;
    let (_, name) = WRAPPING.into_iter().find(|(page, _)| *page == first)?;
    let target = decoded(parameter(url, name)?);
    // `attribution_link` names a path of the site itself.
    Some(if target.starts_with('/') && !target.starts_with("//") {
        format!("https://www.youtube.com{target}")
    } else {
        target
    })
}

/// The link itself where it was encoded more than once, as by a page that led to a page.
fn decoded(mut target: String) -> String {
    for _ in 0..MAX_NESTING {
        let start = target.to_ascii_lowercase();
        if !["http%", "https%", "%2f"].iter().any(|encoded| start.starts_with(encoded)) {
            break;
        }
        let pairs = form_urlencoded::parse(target.as_bytes());
        let Some((key, value)) = pairs.into_iter().next() else { break };
        // All that is encoded stands before any `=`: there is none in an encoded link.
        if !value.is_empty() {
            break;
        }
        target = key.into_owned();
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_encoded_is_left_alone() {
        for target in ["", "%", "https%", "https://a/?b=%2F", "%zz", "youtu.be/%2F"] {
            assert_eq!(decoded(target.to_owned()), target);
        }
    }
}
