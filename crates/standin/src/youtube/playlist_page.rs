//! `/playlist`: the first page of a playlist.

use serde_json::{Value, json};

use super::{page, playlist_items};
use crate::reply::Reply;
use crate::request::Request;
use crate::scenarios::{CHANNEL_HANDLE, CHANNEL_ID, Playlist};

pub(super) fn answer(request: &Request) -> Reply {
    let id = request.query.get("list").unwrap_or_default();
    let data = initial_data(id);
    page::with_data("Playlist", &[("ytInitialData", &data)])
}

/// The data of a playlist's page, also the answer of the API's `browse`.
pub(super) fn initial_data(id: &str) -> Value {
    match Playlist::find(id) {
        Some(Playlist::Private) => alert("This playlist is private."),
        Some(playlist) => shown(playlist, id),
        None if id.starts_with("RD") => alert("This playlist type is unviewable."),
        None => alert("The playlist does not exist."),
    }
}

fn alert(message: &str) -> Value {
    json!({
        "responseContext": { "visitorData": page::VISITOR_DATA },
        "alerts": [{ "alertRenderer": { "type": "ERROR", "text": { "runs": [{ "text": message }] } } }],
        // yt-dlp takes a page with nothing else for a broken one and asks again.
        "onResponseReceivedActions": [],
    })
}

fn shown(playlist: Playlist, id: &str) -> Value {
    let list = json!({ "playlistVideoListRenderer": {
        "contents": playlist_items::page(playlist, id, 0),
        "playlistId": id,
        "isEditable": false,
    } });
    json!({
        "responseContext": { "visitorData": page::VISITOR_DATA },
        "contents": { "twoColumnBrowseResultsRenderer": { "tabs": [{ "tabRenderer": {
            "selected": true,
            "content": { "sectionListRenderer": { "contents": [{ "itemSectionRenderer": {
                "contents": [list],
            } }] } },
        } }] } },
        "metadata": { "playlistMetadataRenderer": {
            "title": playlist.title(),
            "description": "A playlist of the stand-in.",
        } },
        "microformat": { "microformatDataRenderer": { "unlisted": false, "noindex": false } },
        "sidebar": { "playlistSidebarRenderer": { "items": [numbers(playlist), owner()] } },
    })
}

fn numbers(playlist: Playlist) -> Value {
    json!({ "playlistSidebarPrimaryInfoRenderer": {
        "title": { "runs": [{ "text": playlist.title() }] },
        "stats": [
            { "runs": [{ "text": playlist.len().to_string() }, { "text": " videos" }] },
            { "simpleText": "1,234 views" },
            { "runs": [{ "text": "Last updated on " }, { "text": "Jan 15, 2024" }] },
        ],
    } })
}

fn owner() -> Value {
    json!({ "playlistSidebarSecondaryInfoRenderer": { "videoOwner": { "videoOwnerRenderer": {
        "title": { "runs": [{
            "text": "Stand-in Channel",
            "navigationEndpoint": { "browseEndpoint": {
                "browseId": CHANNEL_ID,
                "canonicalBaseUrl": format!("/{CHANNEL_HANDLE}"),
            } },
        }] },
    } } } })
}
