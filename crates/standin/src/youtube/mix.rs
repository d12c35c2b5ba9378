//! A mix: the list beside the player that goes on for as long as it is scrolled.

use serde_json::{Value, json};

use super::details::thumbnail_list;
use crate::scenarios::{OKAY, Video, mix_seed};

/// How many entries are shown at a time; the last of a window is the first of the next.
const WINDOW: u32 = 25;

/// The window that starts at `index`, counted from 0.
pub(super) fn panel(playlist_id: &str, video: Option<&Video>, index: u32) -> Value {
    let seed = mix_seed(playlist_id).or_else(|| video.cloned());
    let entries: Vec<Value> = (index..index.saturating_add(WINDOW))
        .map(|position| match &seed {
            Some(seed) if position == 0 => entry(playlist_id, seed, position),
            _ => entry(playlist_id, &OKAY.video(following(position)), position),
        })
        .collect();
    json!({ "title": "Mix", "playlistId": playlist_id, "isInfinite": true, "contents": entries })
}

/// The number of the video at a later position; never the seeds that tests like to use.
fn following(position: u32) -> u32 {
    100_000_u32.saturating_add(position)
}

fn entry(playlist_id: &str, video: &Video, position: u32) -> Value {
    json!({ "playlistPanelVideoRenderer": {
        "videoId": video.id,
        "title": { "simpleText": video.title() },
        "lengthText": { "simpleText": format!("0:{:02}", video.duration_seconds()) },
        "longBylineText": { "runs": [{ "text": video.uploader() }] },
        "shortBylineText": { "runs": [{ "text": video.uploader() }] },
        "thumbnail": thumbnail_list(video),
        "navigationEndpoint": { "watchEndpoint": {
            "videoId": video.id,
            "playlistId": playlist_id,
            "index": position,
            "params": "OAE%3D",
        } },
    } })
}
