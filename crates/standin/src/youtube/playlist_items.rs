//! The entries of a playlist, a page at a time.

use serde_json::{Value, json};

use super::continuation::Continuation;
use super::details::thumbnail_list;
use crate::scenarios::{Entry, Playlist, Video};

pub(super) const PAGE: u32 = 100;

/// The entries after the first `shown`, and the item that goes on, if there are more.
pub(super) fn page(playlist: Playlist, id: &str, shown: u32) -> Vec<Value> {
    let end = playlist.len().min(shown.saturating_add(PAGE));
    let mut items: Vec<Value> =
        (shown + 1..=end).map(|index| item(&playlist.entry(index), index)).collect();
    if end < playlist.len() {
        items.push(Continuation { list: id.to_owned(), shown: end }.item());
    }
    items
}

fn item(entry: &Entry, index: u32) -> Value {
    match entry {
        Entry::Video(video) => available(video, index),
        Entry::Untitled(video) => untitled(video, index),
        Entry::Private(video) => lost(video, index, "[Private video]"),
        Entry::Deleted(video) => lost(video, index, "[Deleted video]"),
    }
}

fn available(video: &Video, index: u32) -> Value {
    let seconds = video.duration_seconds();
    json!({ "playlistVideoRenderer": {
        "videoId": video.id,
        "title": { "runs": [{ "text": video.title() }] },
        "index": { "simpleText": index.to_string() },
        "shortBylineText": { "runs": [{ "text": video.uploader() }] },
        "lengthText": { "simpleText": format!("{}:{:02}", seconds / 60, seconds % 60) },
        "lengthSeconds": seconds.to_string(),
        "isPlayable": true,
        "thumbnail": thumbnail_list(video),
    } })
}

fn untitled(video: &Video, index: u32) -> Value {
    json!({ "playlistVideoRenderer": {
        "videoId": video.id,
        "index": { "simpleText": index.to_string() },
        "isPlayable": true,
    } })
}

fn lost(video: &Video, index: u32, title: &str) -> Value {
    json!({ "playlistVideoRenderer": {
        "videoId": video.id,
        "title": { "runs": [{ "text": title }] },
        "index": { "simpleText": index.to_string() },
        "isPlayable": false,
    } })
}
