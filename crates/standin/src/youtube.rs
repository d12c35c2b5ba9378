//! YouTube: its pages and its internal API ("innertube"), as far as yt-dlp looks at them.

mod api;
mod captions;
mod channel_page;
mod client;
mod continuation;
mod details;
mod fields;
mod formats;
mod mix;
mod page;
mod player;
mod playlist_items;
mod playlist_page;
mod refusal;
mod watch_page;

use std::time::Duration;

use http::{Method, header};

use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{self, Answer, Delay, Video};
use crate::world::World;

pub(crate) use refusal::Refusal;

/// Answers a request to any of YouTube's page hosts.
pub(crate) async fn answer(world: &World, request: &Request) -> Reply {
    let video = video_id(request).and_then(|id| scenarios::find(&id));
    let video = video.map(|video| seen_by(request, video));
    if let Some(video) = &video {
        wait_as_asked(request, video).await;
        match video.scenario.answer {
            Answer::TooManyRequests => return reply::too_many_requests(),
            Answer::Unavailable => return reply::unavailable(),
            Answer::BreaksOff => return reply::broken_off(),
            _ => {}
        }
    }
    if request.method == Method::POST {
        return api::answer(world, request, video.as_ref());
    }
    get(world, request, video.as_ref())
}

/// A video as the site shows it to whoever asks.
fn seen_by(request: &Request, mut video: Video) -> Video {
    if video.scenario.answer == Answer::ForFriends {
        video.scenario.answer =
            if is_friend(request) { Answer::Playable } else { Answer::Refused(Refusal::Private) };
    }
    video
}

fn is_friend(request: &Request) -> bool {
    let (name, value) = scenarios::FRIENDS_COOKIE;
    let cookies = request.header(header::COOKIE).unwrap_or_default();
    cookies.split(';').any(|pair| pair.trim().split_once('=') == Some((name, value)))
}

/// Answers `youtu.be/ID`.
pub(crate) fn short_link(request: &Request) -> Reply {
    redirect_to_watch(request.segments().first().copied().unwrap_or_default())
}

/// The video that a request is about, by its path, its query or its body.
pub(crate) fn video_id(request: &Request) -> Option<String> {
    match request.segments()[..] {
        ["embed" | "shorts" | "live" | "v", id, ..] => Some(id.to_owned()),
        ["youtubei", ..] => request.json().get("videoId")?.as_str().map(str::to_owned),
        _ => request.query.get("v").map(str::to_owned),
    }
}

fn get(world: &World, request: &Request, video: Option<&Video>) -> Reply {
    match request.segments()[..] {
        ["watch"] => watch_page::answer(world, request, video),
        ["shorts" | "live" | "v", id, ..] => redirect_to_watch(id),
        ["embed", ..] => page::of_player(&page::EMBEDDED_PLAYER),
        ["playlist"] => playlist_page::answer(request),
        ["api", "timedtext"] => captions::answer(request, video),
        ["channel" | "c" | "user", name, ..] => channel_page::answer(name, request),
        [handle, ..] if handle.starts_with('@') => channel_page::answer(handle, request),
        ["s", "player", ..] => reply::content("text/javascript", page::PLAYER_SCRIPT),
        ["iframe_api"] => reply::content("text/javascript", page::IFRAME_SCRIPT),
        ["" | "tv"] => page::of_player(&page::WEB_PLAYER),
        _ => reply::not_found(),
    }
}

fn redirect_to_watch(id: &str) -> Reply {
    reply::redirect(&format!("https://www.youtube.com/watch?v={id}"))
}

async fn wait_as_asked(request: &Request, video: &Video) {
    let slow = match video.scenario.delay {
        Delay::None => false,
        Delay::WatchPage => request.path == "/watch",
        Delay::PlayerApi => request.path == api::PLAYER_PATH,
    };
    if slow {
        tokio::time::sleep(Duration::from_secs(u64::from(video.number))).await;
    }
}
