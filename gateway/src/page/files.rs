//! The built page, part of the binary, each file also as it travels best.

use std::borrow::Cow;

use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::etag::Etag;

/// What `frontend/` is built into. A debug build reads the directory, so that a page that was just
/// built is there without compiling.
#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// The content codings that the build made, best first.
const CODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// One way to send a file.
pub(super) struct Representation {
    pub(super) bytes: Bytes,
    pub(super) media_type: &'static str,
    /// Strong: of these very bytes.
    pub(super) etag: Etag,
    pub(super) encoding: Option<&'static str>,
}

/// The smallest representation of the file at `path` that `accepted`, an `Accept-Encoding`, allows.
pub(super) fn find(path: &str, accepted: Option<&str>) -> Option<Representation> {
    let media_type = media_type(path)?;
    let accepted = accepted.unwrap_or("");
    let coded = CODINGS.into_iter().filter(|(coding, _)| accepts(accepted, coding));
    let mut found = coded.filter_map(|(coding, suffix)| {
        let file = Files::get(&format!("{path}.{suffix}"))?;
        Some(Representation::of(file, media_type, Some(coding)))
    });
    found.next().or_else(|| Some(Representation::of(Files::get(path)?, media_type, None)))
}

impl Representation {
    fn of(file: EmbeddedFile, media_type: &'static str, encoding: Option<&'static str>) -> Self {
        let etag = Etag::of_digest(&file.metadata.sha256_hash());
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Self { bytes, media_type, etag, encoding }
    }
}

/// Whether a coding is named and not refused. `*` is not taken for more than it says to people who
/// type requests by hand: they get the file as it is.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let is_refused = weight.and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
        is_named && !is_refused
    })
}

/// By the end of the name; what is not here is not served, the codings themselves included.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_coding_that_is_accepted_is_sent() {
        let encoding = |accepted| find("index.html", accepted).unwrap().encoding;
        assert_eq!(encoding(Some("gzip, deflate, br, zstd")), Some("br"));
        assert_eq!(encoding(Some("gzip;q=0.5, br;q=0")), Some("gzip"));
        assert_eq!(encoding(Some("BR")), Some("br"));
        assert_eq!(encoding(Some("*")), None);
        assert_eq!(encoding(None), None);
    }

    #[test]
    fn representations_have_tags_of_their_own() {
        let plain = find("index.html", None).unwrap();
        let coded = find("index.html", Some("br")).unwrap();
        assert_ne!(plain.etag, coded.etag);
        assert_eq!(plain.media_type, coded.media_type);
    }

    #[test]
    fn nothing_but_the_page_is_found() {
        for name in ["../sources.sha256", "index.html.br", "assets", ""] {
            assert!(find(name, Some("br")).is_none(), "{name}");
        }
    }
}
