//! Every shape of YouTube link that people paste, reduced to an id.
//!
//! The URL is parsed once and matched on its parsed host. What the engine opens is rebuilt from the
//! id, so that nothing a user typed (redirects, ports, another host in disguise) is ever fetched.

mod address;
mod channel;
mod wrapping;

use platform_kit::{Link, LinkError, PlaylistRef};
use url::Url;

/// A link in a link in a link: consent page, attribution, redirect.
const MAX_NESTING: usize = 3;
const VIDEO_ID_CHARS: usize = 11;

/// The first path segments under which the next one is a video id.
const VIDEO_PATHS: [&str; 8] = ["watch", "shorts", "live", "embed", "v", "e", "vi", "video"];

/// Recognises a pasted link.
///
/// # Errors
/// `Invalid` for what is no plain web link, `Unsupported` for another site, `NotAVideo` and `Clip`
/// for a page of YouTube that names none.
pub(crate) fn recognise(text: &str) -> Result<Link, LinkError> {
    recognise_nested(text, MAX_NESTING)
}

fn recognise_nested(text: &str, nesting: usize) -> Result<Link, LinkError> {
    let (url, host) = address::parse(text)?;
    if let Some(target) = wrapping::target(&url) {
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
        None => channel::named_by(&url).map(Link::Channel).ok_or_else(|| no_video(&url)),
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

fn no_video(url: &Url) -> LinkError {
    let is_clip = segments(url).next().is_some_and(|first| first == "clip");
    if is_clip { LinkError::Clip } else { LinkError::NotAVideo }
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

/// The first parameter of this name. A link that was copied out of a page's source has `&amp;`
/// between them.
fn parameter(url: &Url, name: &str) -> Option<String> {
    let is_named = |key: &str| key.strip_prefix("amp;").unwrap_or(key) == name;
    url.query_pairs().find(|(key, _)| is_named(key)).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests;
