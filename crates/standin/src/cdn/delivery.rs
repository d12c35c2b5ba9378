//! Answering a request for media, as its scenario delivers.

use std::io;

use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, HeaderName, HeaderValue, RANGE};
use http::{Method, Response, StatusCode};

use super::range::{self, Part};
use super::stream::{self, Ending, Plan};
use crate::media::{Content, Format};
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{Delivery, Video};
use crate::world::World;

/// Where streams stall and break for good: after enough to be seen, and before the smallest ends.
const BREAKING_POINT: u64 = 100_000;
/// After how much a connection breaks that may be resumed.
const BREAKING_INTERVAL: u64 = 400_000;

/// Serves a format of a video.
pub(super) async fn serve(
    world: &World,
    request: &Request,
    video: &Video,
    format: &Format,
) -> Reply {
    if video.scenario.delivery == Delivery::Endless {
        let reply = Response::new(reply::streamed(stream::endless()));
        return reply::with_type(format.media_type(), reply);
    }
    match world.media.content(format).await {
        Ok(content) => {
            let pace = match video.scenario.delivery {
                Delivery::Paced => Some(u64::from(video.number) * 1_000),
                _ => None,
            };
            let ending = ending(video.scenario.delivery);
            serve_part(request, &content, format.media_type(), pace, ending).await
        }
        Err(error) => failed(&error),
    }
}

/// Serves a file without any trouble.
pub(crate) async fn serve_whole(
    request: &Request,
    content: &Content,
    media_type: &'static str,
) -> Reply {
    serve_part(request, content, media_type, None, Ending::Complete).await
}

fn ending(delivery: Delivery) -> Ending {
    match delivery {
        Delivery::Stalls => Ending::StallAt(BREAKING_POINT),
        Delivery::CutForGood => Ending::BreakAt(BREAKING_POINT),
        Delivery::CutOften => Ending::BreakAfter(BREAKING_INTERVAL),
        _ => Ending::Complete,
    }
}

async fn serve_part(
    request: &Request,
    content: &Content,
    media_type: &'static str,
    bytes_per_second: Option<u64>,
    ending: Ending,
) -> Reply {
    let (status, first, end) = match range::part(request.header(RANGE), content.len) {
        Part::Whole => (StatusCode::OK, 0, content.len),
        Part::Bytes { first, last } => (StatusCode::PARTIAL_CONTENT, first, last + 1),
        Part::Unsatisfiable => return unsatisfiable(content.len),
    };
    let plan = Plan { end, bytes_per_second, ending };
    let body = match body(request, content, first, plan).await {
        Ok(body) => body,
        Err(error) => return failed(&error),
    };
    let mut reply = reply::with_type(media_type, Response::new(body));
    *reply.status_mut() = status;
    set(&mut reply, ACCEPT_RANGES, "bytes");
    set(&mut reply, CONTENT_LENGTH, &(end - first).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut reply, CONTENT_RANGE, &format!("bytes {first}-{}/{}", end - 1, content.len));
    }
    reply
}

async fn body(
    request: &Request,
    content: &Content,
    first: u64,
    plan: Plan,
) -> io::Result<reply::Body> {
    if request.method == Method::HEAD {
        return Ok(reply::full(""));
    }
    Ok(reply::streamed(stream::planned(content.reader(first).await?, plan)))
}

fn unsatisfiable(len: u64) -> Reply {
    let mut reply = reply::text(StatusCode::RANGE_NOT_SATISFIABLE, "");
    set(&mut reply, CONTENT_RANGE, &format!("bytes */{len}"));
    reply
}

pub(crate) fn failed(error: &dyn std::error::Error) -> Reply {
    log::error!("the stand-in cannot serve media: {error}");
    reply::text(StatusCode::INTERNAL_SERVER_ERROR, "the stand-in cannot make this\n")
}

fn set(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}
