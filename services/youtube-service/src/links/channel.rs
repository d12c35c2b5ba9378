//! Channels, as the lists of what they publish.

use platform_kit::PlaylistRef;
use url::Url;

use super::segments;

/// The lists besides the videos that a link may mean.
const TABS: [&str; 2] = ["shorts", "streams"];

/// The channel that the URL names by id, handle or name: the tab of it that the URL shows, or else
/// the list of its videos.
pub(super) fn named_by(url: &Url) -> Option<PlaylistRef> {
    let mut path = segments(url);
    let first = path.next()?;
    let channel = match first.as_str() {
        "channel" | "c" | "user" => {
            format!("{first}/{}", path.next().filter(|name| is_name(name))?)
        }
        handle => handle.strip_prefix('@').filter(|name| is_name(name)).map(|_| first.clone())?,
    };
    Some(match path.next().filter(|tab| TABS.contains(&tab.as_str())) {
        Some(tab) => PlaylistRef {
            url: format!("https://www.youtube.com/{channel}/{tab}"),
            id: format!("{channel}/{tab}"),
        },
        None => {
            PlaylistRef { url: format!("https://www.youtube.com/{channel}/videos"), id: channel }
        }
    })
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
