//! `/watch`: the page of a video, alone or inside a playlist.

use serde_json::{Value, json};

use super::client::Client;
use super::details::VIEWS;
use super::{mix, page, player};
use crate::reply::Reply;
use crate::request::Request;
use crate::scenarios::{CHANNEL_HANDLE, CHANNEL_ID, Playlist, Video, mix_seed, playlist_url};
use crate::world::World;

pub(super) fn answer(world: &World, request: &Request, video: Option<&Video>) -> Reply {
    let player_response = player::response(world, video, Client::Web);
    let list = request.query.get("list").and_then(|list| inline_playlist(list, video));
    let data = initial_data(video, list);
    let title = video.map(Video::title).unwrap_or_default();
    page::with_data(
        &title,
        &[("ytInitialPlayerResponse", &player_response), ("ytInitialData", &data)],
    )
}

/// What the page shows around the player, also the answer of the API's `next`.
pub(super) fn initial_data(video: Option<&Video>, playlist: Option<Value>) -> Value {
    let contents = video.map(|video| json!([primary_info(video), secondary_info(video)]));
    json!({
        "responseContext": { "visitorData": page::VISITOR_DATA },
        "contents": { "twoColumnWatchNextResults": {
            "results": { "results": { "contents": contents.unwrap_or_else(|| json!([])) } },
            "playlist": playlist.map(|playlist| json!({ "playlist": playlist })),
        } },
        "currentVideoEndpoint": {
            "watchEndpoint": { "videoId": video.map(|video| video.id.as_str()) },
        },
    })
}

fn primary_info(video: &Video) -> Value {
    json!({ "videoPrimaryInfoRenderer": {
        "title": { "runs": [{ "text": video.title() }] },
        "viewCount": { "videoViewCountRenderer": {
            "viewCount": { "simpleText": format!("{VIEWS} views") },
        } },
        "dateText": { "simpleText": "Jan 15, 2024" },
    } })
}

fn secondary_info(video: &Video) -> Value {
    let endpoint = json!({
        "commandMetadata": { "webCommandMetadata": { "url": format!("/{CHANNEL_HANDLE}") } },
        "browseEndpoint": {
            "browseId": CHANNEL_ID,
            "canonicalBaseUrl": format!("/{CHANNEL_HANDLE}"),
        },
    });
    json!({ "videoSecondaryInfoRenderer": {
        "owner": { "videoOwnerRenderer": {
            "title": { "runs": [{ "text": video.uploader(), "navigationEndpoint": endpoint }] },
            "navigationEndpoint": endpoint,
            "subscriberCountText": { "simpleText": "1.2K subscribers" },
        } },
    } })
}

/// The list beside the player. All but a mix only point to the page of the playlist.
fn inline_playlist(list: &str, video: Option<&Video>) -> Option<Value> {
    if mix_seed(list).is_some() {
        return Some(mix::panel(list, video, 0));
    }
    let playlist = Playlist::find(list)?;
    let url = playlist_url(list);
    let path = url.strip_prefix("https://www.youtube.com").unwrap_or(&url);
    Some(json!({
        "title": playlist.title(),
        "playlistId": list,
        "contents": [],
        "endpoint": { "commandMetadata": { "webCommandMetadata": { "url": path } } },
    }))
}
