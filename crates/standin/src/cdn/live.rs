//! A live stream over HLS: a playlist that moves on with the clock, and one segment again and again.

use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios;
use crate::world::World;

pub(super) const PATH: &str = "/live/";

const SEGMENT_SECONDS: u64 = 2;
const WINDOW_SEGMENTS: u64 = 6;
const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";

const MASTER: &str = "#EXTM3U\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS=\"avc1.4d401e,mp4a.40.2\",RESOLUTION=640x360,\
    FRAME-RATE=25\n\
    itag/93/media.m3u8\n";

pub(super) async fn answer(world: &World, request: &Request) -> Reply {
    let known = request.segments().get(1).is_some_and(|id| scenarios::find(id).is_some());
    match request.path.rsplit('/').next() {
        Some("index.m3u8") if known => reply::content(PLAYLIST_TYPE, MASTER),
        Some("media.m3u8") if known => reply::content(PLAYLIST_TYPE, media_playlist(world)),
        Some(name) if known && name.starts_with("segment-") => segment(world, request).await,
        _ => reply::not_found(),
    }
}

fn media_playlist(world: &World) -> String {
    let newest = WINDOW_SEGMENTS + world.age().as_secs() / SEGMENT_SECONDS;
    let oldest = newest - WINDOW_SEGMENTS;
    let head = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}\n\
         #EXT-X-MEDIA-SEQUENCE:{oldest}\n"
    );
    let segments = (oldest..newest)
        .map(|number| format!("#EXTINF:{SEGMENT_SECONDS}.0,\nsegment-{number}.ts\n"));
    std::iter::once(head).chain(segments).collect()
}

async fn segment(world: &World, request: &Request) -> Reply {
    match world.media.live_segment().await {
        Ok(content) => super::serve_whole(request, &content, "video/mp2t").await,
        Err(error) => super::failed(&error),
    }
}
