//! A host of plain pages, over http and https, for what is not YouTube.

use crate::cdn;
use crate::media;
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{ONLY_360P, Video};
use crate::world::World;

/// A name that no resolver knows (RFC 6761).
pub(crate) const HOST: &str = "pages.standin.test";

pub(crate) async fn answer(world: &World, request: &Request) -> Reply {
    match request.path.as_str() {
        "/" => reply::html("<!DOCTYPE html><title>Plain page</title><p>Nothing here.".to_owned()),
        "/video" => reply::html(
            "<!DOCTYPE html><title>Page with a video</title><video src=\"/clip.mp4\"></video>"
                .to_owned(),
        ),
        "/clip.mp4" => clip(world, request).await,
        // For tests of whoever must not follow it.
        "/to-metadata" => reply::redirect("http://169.254.169.254/latest/meta-data/"),
        "/to-loopback" => reply::redirect("http://127.0.0.1:80/"),
        "/to-clip" => reply::redirect("/clip.mp4"),
        _ => reply::not_found(),
    }
}

async fn clip(world: &World, request: &Request) -> Reply {
    let video: Video = ONLY_360P.video(1);
    let Some(format) = media::formats_of(&video).into_iter().next() else {
        return reply::not_found();
    };
    match world.media.content(&format).await {
        Ok(content) => cdn::serve_whole(request, &content, "video/mp4").await,
        Err(error) => cdn::failed(&error),
    }
}
