//! Where a format is fetched.

use url::form_urlencoded;

use crate::media::Format;
use crate::scenarios::Video;

pub(super) const PATH: &str = "/videoplayback";
/// The start of the year 2100: addresses of the stand-in do not run out by the clock.
const EXPIRES: &str = "4102444800";

/// The address of a format. It has neither an `n` nor a signature, so no script must be run for it.
pub(crate) fn media_address(video: &Video, format: &Format, ticket: u64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("expire", EXPIRES)
        .append_pair("id", &video.id)
        .append_pair("itag", &format.itag.number.to_string())
        .append_pair("source", "youtube")
        .append_pair("mime", format.media_type())
        .append_pair("dur", &format!("{}.000", video.duration_seconds()))
        .append_pair("ticket", &ticket.to_string());
    if let Some(bytes) = format.announced_bytes {
        query.append_pair("clen", &bytes.to_string());
    }
    format!("https://rr1---sn-standin.googlevideo.com{PATH}?{}", query.finish())
}

/// The HLS manifest of a live stream.
pub(crate) fn live_manifest(video: &Video) -> String {
    format!("https://manifest.googlevideo.com{}{}/index.m3u8", super::live::PATH, video.id)
}
