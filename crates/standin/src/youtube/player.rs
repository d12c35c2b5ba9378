//! The player response: whether a video plays, what it is, and its formats.

use serde_json::{Value, json};

use super::client::Client;
use super::fields::set;
use super::page::VISITOR_DATA;
use super::{captions, details, formats, refusal::Refusal};
use crate::scenarios::{Answer, Captions, Video};
use crate::world::World;

/// What a player gets for another video than it asked for.
const OTHER_VIDEO: &str = "aQvGIIdgFDM";

/// The player response for a video, or for an id that there is no video of.
pub(super) fn response(world: &World, video: Option<&Video>, client: Client) -> Value {
    let Some(video) = video else {
        return refused(None, Refusal::Unavailable, client);
    };
    match video.scenario.answer {
        Answer::Refused(refusal) => refused(Some(video), refusal, client),
        // Whoever is a friend is shown one that plays.
        Answer::ForFriends => refused(Some(video), Refusal::Private, client),
        Answer::PlayableWhenEmbedded if client != Client::Embedded => {
            refused(Some(video), Refusal::Age, client)
        }
        Answer::NoFormats => playable(video, client, Value::Null),
        Answer::LiveNow => playable(video, client, formats::live(video)),
        Answer::DrmProtected => {
            playable(video, client, formats::protected(video, client, world.issue_ticket()))
        }
        Answer::AnotherVideo => {
            let other = Video { id: OTHER_VIDEO.to_owned(), ..video.clone() };
            playable(&other, client, Value::Null)
        }
        // Too many requests never come as far as here.
        Answer::Playable
        | Answer::PlayableWhenEmbedded
        | Answer::TooManyRequests
        | Answer::Unavailable
        | Answer::BreaksOff => {
            playable(video, client, formats::streaming_data(video, client, world.issue_ticket()))
        }
    }
}

fn playable(video: &Video, client: Client, streaming_data: Value) -> Value {
    let mut response = bare(json!({ "status": "OK", "playableInEmbed": true }));
    if !streaming_data.is_null() {
        set(&mut response, "streamingData", streaming_data);
    }
    if video.scenario.captions != Captions::None {
        set(&mut response, "captions", captions::tracklist(video));
    }
    add_details(&mut response, video, client);
    response
}

fn refused(video: Option<&Video>, refusal: Refusal, client: Client) -> Value {
    let mut response = bare(refusal.playability());
    if let Some(video) = video.filter(|_| refusal.tells_details()) {
        add_details(&mut response, video, client);
    }
    response
}

fn bare(playability: Value) -> Value {
    json!({
        "responseContext": { "visitorData": VISITOR_DATA },
        "playabilityStatus": playability,
        "trackingParams": "CAAQu2kiEwi",
    })
}

fn add_details(response: &mut Value, video: &Video, client: Client) {
    set(response, "videoDetails", details::video_details(video));
    if client == Client::Web {
        set(response, "microformat", details::microformat(video));
    }
}
