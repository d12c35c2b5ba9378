//! `/youtubei/v1/…`: the API behind the pages.

use http::StatusCode;
use serde_json::{Value, json};

use super::client::Client;
use super::continuation::Continuation;
use super::{channel_page, mix, page, player, playlist_items, playlist_page, watch_page};
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{Playlist, Video, mix_seed};
use crate::world::World;

pub(super) const PLAYER_PATH: &str = "/youtubei/v1/player";

pub(super) fn answer(world: &World, request: &Request, video: Option<&Video>) -> Reply {
    let body = request.json();
    match request.path.as_str() {
        PLAYER_PATH => reply::json(&player::response(world, video, Client::of(&body))),
        "/youtubei/v1/next" => reply::json(&next(&body, video)),
        "/youtubei/v1/browse" => browse(&body),
        "/youtubei/v1/navigation/resolve_url" => resolve(&body),
        _ => reply::not_found(),
    }
}

fn next(body: &Value, video: Option<&Video>) -> Value {
    let list = text(body, "playlistId").filter(|list| mix_seed(list).is_some());
    let index = body.get("index").and_then(Value::as_u64).unwrap_or(0);
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    watch_page::initial_data(video, list.map(|list| mix::panel(list, video, index)))
}

fn browse(body: &Value) -> Reply {
    if let Some(token) = text(body, "continuation") {
        return match Continuation::read(token) {
            Some(continuation) => go_on(&continuation),
            None => invalid_argument(),
        };
    }
    match text(body, "browseId").and_then(|id| id.strip_prefix("VL")) {
        Some(playlist) => reply::json(&playlist_page::initial_data(playlist)),
        None => invalid_argument(),
    }
}

fn go_on(continuation: &Continuation) -> Reply {
    let playlist = Playlist::find(&continuation.list);
    match playlist.filter(|playlist| playlist.breaks_off_after(continuation.shown)) {
        Some(Playlist::Failing) => reply::unavailable(),
        Some(_) => {
            reply::json(&json!({ "responseContext": { "visitorData": page::VISITOR_DATA } }))
        }
        None => match continued(continuation) {
            Some(items) => reply::json(&appended(&items)),
            None => invalid_argument(),
        },
    }
}

fn continued(continuation: &Continuation) -> Option<Vec<Value>> {
    let Continuation { list, shown } = continuation;
    channel_page::continued(list, *shown).or_else(|| {
        Playlist::find(list).map(|playlist| playlist_items::page(playlist, list, *shown))
    })
}

fn appended(items: &[Value]) -> Value {
    json!({
        "responseContext": { "visitorData": page::VISITOR_DATA },
        "onResponseReceivedActions": [{ "appendContinuationItemsAction": {
            "continuationItems": items,
        } }],
    })
}

fn resolve(body: &Value) -> Reply {
    let list = text(body, "url").and_then(|url| url::Url::parse(url).ok()).and_then(|url| {
        url.query_pairs().find(|(key, _)| key == "list").map(|(_, list)| list.into_owned())
    });
    match list {
        Some(list) => reply::json(&json!({
            "endpoint": { "browseEndpoint": { "browseId": format!("VL{list}") } },
        })),
        None => failed(StatusCode::NOT_FOUND, "Requested entity was not found.", "NOT_FOUND"),
    }
}

fn invalid_argument() -> Reply {
    let message = "Request contains an invalid argument.";
    failed(StatusCode::BAD_REQUEST, message, "INVALID_ARGUMENT")
}

fn failed(status: StatusCode, message: &str, name: &str) -> Reply {
    let error = json!({ "error": { "code": status.as_u16(), "message": message, "status": name } });
    let mut reply = reply::json(&error);
    *reply.status_mut() = status;
    reply
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}
