//! Which host plays what.

use std::sync::Arc;

use bytes::Bytes;
use http::Request as HttpRequest;
use http::header::RANGE;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::reply::Reply;
use crate::request::{Query, Request};
use crate::request_log::RecordedRequest;
use crate::world::World;
use crate::{cdn, plain_pages, sponsorblock, thumbnails, youtube};

/// No client sends more to any of these.
const MAX_BODY_BYTES: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    YouTube,
    ShortLink,
    MediaServer,
    Thumbnails,
    SponsorBlock,
    PlainPages,
}

impl Site {
    pub(crate) fn of(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match host.as_str() {
            "youtu.be" | "www.youtu.be" => Some(Self::ShortLink),
            "youtube.com" | "youtube-nocookie.com" => Some(Self::YouTube),
            "i.ytimg.com" | "img.youtube.com" => Some(Self::Thumbnails),
            "sponsor.ajay.app" => Some(Self::SponsorBlock),
            plain_pages::HOST => Some(Self::PlainPages),
            _ if host.ends_with(".googlevideo.com") => Some(Self::MediaServer),
            _ if host.ends_with(".youtube.com") => Some(Self::YouTube),
            _ if host.ends_with(".youtube-nocookie.com") => Some(Self::YouTube),
            _ => None,
        }
    }
}

/// Answers a request to a host that is played, and records it.
pub(crate) async fn answer(
    world: &Arc<World>,
    site: Site,
    host: &str,
    request: HttpRequest<Incoming>,
) -> Reply {
    let mut record = begin_record(world, host, &request);
    let request = read(request).await;
    record.video_id = video_id(site, &request);
    record.itag = request.query.get("itag").and_then(|itag| itag.parse().ok());
    let reply = match site {
        Site::YouTube => youtube::answer(world, &request).await,
        Site::ShortLink => youtube::short_link(&request),
        Site::MediaServer => cdn::answer(world, &request).await,
        Site::Thumbnails => thumbnails::answer(world, &request).await,
        Site::SponsorBlock => sponsorblock::answer(&request),
        Site::PlainPages => plain_pages::answer(world, &request).await,
    };
    record.status = reply.status().as_u16();
    world.log.record(record);
    reply
}

fn begin_record(world: &World, host: &str, request: &HttpRequest<Incoming>) -> RecordedRequest {
    let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    RecordedRequest {
        at: world.age(),
        method: request.method().to_string(),
        host: host.to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        range: range.map(str::to_owned),
        video_id: None,
        itag: None,
        status: 0,
    }
}

async fn read(request: HttpRequest<Incoming>) -> Request {
    let (head, body) = request.into_parts();
    // A body that breaks or is too long reads as none: the answer is then that to a bad request.
    let body = Limited::new(body, MAX_BODY_BYTES)
        .collect()
        .await
        .map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
    Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: Query::parse(head.uri.query().unwrap_or_default()),
        headers: head.headers,
        body,
    }
}

fn video_id(site: Site, request: &Request) -> Option<String> {
    match site {
        Site::YouTube => youtube::video_id(request),
        Site::MediaServer => request.query.get("id").map(str::to_owned),
        Site::Thumbnails => request.segments().get(1).map(|id| (*id).to_owned()),
        Site::ShortLink | Site::SponsorBlock | Site::PlainPages => None,
    }
}
