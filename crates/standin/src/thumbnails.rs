//! Thumbnails, `i.ytimg.com`: one test picture in YouTube's sizes.

use crate::reply::{self, Reply};
use crate::request::Request;
use crate::world::World;
use crate::{cdn, scenarios};

/// The sizes under their names, the largest last, as a player response lists them.
pub(crate) const SIZES: [(&str, u32, u32); 5] = [
    ("default", 120, 90),
    ("mqdefault", 320, 180),
    ("hqdefault", 480, 360),
    ("sddefault", 640, 480),
    ("maxresdefault", 1280, 720),
];

/// The address of a thumbnail.
pub(crate) fn address(video_id: &str, name: &str) -> String {
    format!("https://i.ytimg.com/vi/{video_id}/{name}.jpg")
}

pub(crate) async fn answer(world: &World, request: &Request) -> Reply {
    let ["vi", video_id, file] = request.segments()[..] else {
        return reply::not_found();
    };
    let size = SIZES.iter().find(|(name, ..)| file.strip_suffix(".jpg") == Some(name));
    let (Some((_, width, height)), Some(_)) = (size, scenarios::find(video_id)) else {
        return reply::not_found();
    };
    match world.media.thumbnail(*width, *height).await {
        Ok(content) => cdn::serve_whole(request, &content, "image/jpeg").await,
        Err(error) => cdn::failed(&error),
    }
}
