//! Every shape of YouTube link that people paste, reduced to an id.
//!
//! The URL is parsed once and matched on its parsed host. What the engine opens is rebuilt from the
//! id, so that nothing a user typed (redirects, ports, another host in disguise) is ever fetched.

use platform_kit::{Link, LinkError, PlaylistRef};
use url::{Host, Url};

/// Longer than any link that a person pastes.
const MAX_URL_BYTES: usize = 2048;
/// A link in a link in a link: consent page, attribution, redirect.
const MAX_NESTING: usize = 3;
const VIDEO_ID_CHARS: usize = 11;

const HOSTS: [&str; 5] =
    ["youtube.com", "youtu.be", "youtube-nocookie.com", "youtubekids.com", "youtubeeducation.com"];
/// The first path segments under which the next one is a video id.
const VIDEO_PATHS: [&str; 8] = ["watch", "shorts", "live", "embed", "v", "e", "vi", "video"];
/// The parameters in which a page of the site carries the link that it leads to.
const WRAPPING: [(&str, &str); 5] = [
    ("attribution_link", "u"),
    ("redirect", "q"),
    ("m", "continue"),
    ("ml", "continue"),
    ("oembed", "url"),
];

/// Recognises a pasted link.
///
/// # Errors
/// `Invalid` for what is no plain web link, `Unsupported` for another site, `NotAVideo` for a page
/// of YouTube that holds none.
pub(crate) fn recognise(text: &str) -> Result<Link, LinkError> {
    recognise_nested(text, MAX_NESTING)
}

fn recognise_nested(text: &str, nesting: usize) -> Result<Link, LinkError> {
    let url = parse(text)?;
    let host = site_host(&url).ok_or(LinkError::Unsupported)?;
    if let Some(target) = wrapped(&url) {
        let deeper = nesting.checked_sub(1).ok_or(LinkError::NotAVideo)?;
        return recognise_nested(&target, deeper);
    }
    let playlist = parameter(&url, "list").filter(|id| is_playlist_id(id));
    if let Some(id) = video_id(&url, host)? {
        let playlist = playlist.map(|list| playlist_ref(list, Some(&id)));
        return Ok(Link::Video { id, playlist });
    }
    match playlist {
        Some(id) => Ok(Link::Playlist(playlist_ref(id, None))),
        None => channel(&url).map(Link::Channel).ok_or(LinkError::NotAVideo),
    }
}

/// Whether this is the shape of a video id.
pub(crate) fn is_video_id(text: &str) -> bool {
    text.len() == VIDEO_ID_CHARS && text.bytes().all(is_id_byte)
}

/// The canonical URL of a video.
pub(crate) fn video_url(id: &str) -> String {
    format!("https://www.youtube.com/watch?v={id}")
}

/// Where YouTube keeps the picture of every video.
pub(crate) fn thumbnail_url(id: &str) -> String {
    format!("https://i.ytimg.com/vi/{id}/hqdefault.jpg")
}

/// A playlist, perhaps seen with one of its videos.
fn playlist_ref(id: String, seen_with: Option<&str>) -> PlaylistRef {
    let url = match mix_seed(&id, seen_with) {
        Some(video) => format!("{}&list={id}", video_url(video)),
        None => format!("https://www.youtube.com/playlist?list={id}"),
    };
    PlaylistRef { id, url }
}

/// The video that a mix is made around. A mix has no page of its own: YouTube shows it only beside a
/// video. `RDCLAK…` are playlists of YouTube Music, and no mixes.
fn mix_seed<'a>(id: &'a str, seen_with: Option<&'a str>) -> Option<&'a str> {
    let rest = id.strip_prefix("RD").filter(|rest| !rest.starts_with("CLAK"))?;
    seen_with.or_else(|| Some(rest).filter(|rest| is_video_id(rest)))
}

/// A web URL without credentials, port or anything that two parsers might read differently.
fn parse(text: &str) -> Result<Url, LinkError> {
    let text = text.trim();
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.is_empty() || text.len() > MAX_URL_BYTES || text.contains(is_odd) {
        return Err(LinkError::Invalid);
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => parse_without_scheme(text)?,
        Err(_malformed) => return Err(LinkError::Invalid),
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !is_web || has_credentials || names_port(text) {
        return Err(LinkError::Invalid);
    }
    Ok(url)
}

/// People also paste `youtu.be/…` as their address bar shows it.
fn parse_without_scheme(text: &str) -> Result<Url, LinkError> {
    let url = Url::parse(&format!("https://{}", text.trim_start_matches("//")));
    let url = url.map_err(|_malformed| LinkError::Invalid)?;
    if site_host(&url).is_some() { Ok(url) } else { Err(LinkError::Invalid) }
}

/// Whether the authority names a port or credentials, be it the default port or an empty name,
/// which the parsed form no longer shows.
fn names_port(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = after_scheme.trim_start_matches('/').split(['/', '?', '#']).next();
    // The colons of an IPv6 literal stand inside its brackets.
    let after_literal = authority.map(|text| text.rsplit_once(']').map_or(text, |(_, rest)| rest));
    after_literal.is_some_and(|rest| rest.contains([':', '@']))
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
    matches!(prefix, "www." | "m." | "music." | "gaming." | "kids." | "consent." | "tv." | "w.")
}

/// The link that this page would lead on to.
fn wrapped(url: &Url) -> Option<String> {
    let first = segments(url).next()?;
    let (_, name) = WRAPPING.into_iter().find(|(page, _)| *page == first)?;
    let target = parameter(url, name)?;
    // `attribution_link` names a path of the site itself.
    Some(if target.starts_with('/') && !target.starts_with("//") {
        format!("https://www.youtube.com{target}")
    } else {
        target
    })
}

/// The id of the video that the URL names; an id that is none is an error, not another page.
fn video_id(url: &Url, host: &str) -> Result<Option<String>, LinkError> {
    let mut path = segments(url);
    let first = path.next().unwrap_or_default();
    let named = if host == "youtu.be" && !first.is_empty() && first != "watch" {
        Some(first)
    } else if VIDEO_PATHS.contains(&first.as_str()) {
        path.next().filter(|id| id != "videoseries").or_else(|| parameter(url, "v"))
    } else if matches!(first.as_str(), "" | "watch_popup" | "get_video_info") {
        parameter(url, "v")
    } else {
        None
    };
    named.map(|text| leading_id(&text).ok_or(LinkError::Invalid)).transpose()
}

/// The id at the start of `text`; `?feature=share` glued to it by a hasty hand is let go.
fn leading_id(text: &str) -> Option<String> {
    let end = text.find(['?', '&', '/']).unwrap_or(text.len());
    text.get(..end).filter(|id| is_video_id(id)).map(str::to_owned)
}

/// A channel by id, handle or name, as the list of its videos.
fn channel(url: &Url) -> Option<PlaylistRef> {
    let mut path = segments(url);
    let first = path.next()?;
    let id = match first.as_str() {
        "channel" | "c" | "user" => {
            format!("{first}/{}", path.next().filter(|name| is_name(name))?)
        }
        handle => handle.strip_prefix('@').filter(|name| is_name(name)).map(|_| first.clone())?,
    };
    let url = format!("https://www.youtube.com/{id}/videos");
    Some(PlaylistRef { id, url })
}

/// The name of a channel or handle: letters of any script, digits and a few marks, perhaps
/// percent-encoded; never anything that changes what the URL means.
fn is_name(name: &str) -> bool {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.%".contains(&byte);
    let escapes_ascii = name.match_indices('%').any(|(at, _)| {
        // An escaped ASCII character, such as `%2F`, begins with 0 to 7.
        name.as_bytes().get(at.saturating_add(1)).is_none_or(|digit| (b'0'..=b'7').contains(digit))
    });
    (1..=200).contains(&name.len()) && name.bytes().all(in_alphabet) && !escapes_ascii
}

fn is_playlist_id(id: &str) -> bool {
    (2..=64).contains(&id.len()) && id.bytes().all(is_id_byte)
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn segments(url: &Url) -> impl Iterator<Item = String> {
    url.path_segments()
        .into_iter()
        .flatten()
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests;
