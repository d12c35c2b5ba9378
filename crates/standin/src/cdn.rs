//! The media servers, `*.googlevideo.com`.

mod address;
mod delivery;
mod live;
mod range;
mod stream;
mod troubles;

use http::StatusCode;

use crate::media::{self, Format};
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{self, Video};
use crate::world::World;

pub(crate) use address::{live_manifest, media_address};
pub(crate) use delivery::{failed, serve_whole};
pub(crate) use troubles::Troubles;

pub(crate) async fn answer(world: &World, request: &Request) -> Reply {
    if request.path.starts_with(live::PATH) {
        return live::answer(world, request).await;
    }
    let Some((video, format)) = asked_for(request) else {
        return reply::text(StatusCode::FORBIDDEN, "");
    };
    match troubles::refusal(world, request, &video, format.itag.number) {
        Some(status) => reply::text(status, ""),
        None => delivery::serve(world, request, &video, &format).await,
    }
}

fn asked_for(request: &Request) -> Option<(Video, Format)> {
    if request.path != address::PATH {
        return None;
    }
    let video = scenarios::find(request.query.get("id")?)?;
    let itag: u16 = request.query.get("itag")?.parse().ok()?;
    let format = media::formats_of(&video).into_iter().find(|format| format.itag.number == itag)?;
    Some((video, format))
}
