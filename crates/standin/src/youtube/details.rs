//! What is told of a video besides its formats.

use serde_json::{Value, json};

use super::Refusal;
use super::fields::set;
use super::refusal::SCHEDULED_START;
use crate::scenarios::{Answer, CHANNEL_HANDLE, CHANNEL_ID, Streams, Video};
use crate::thumbnails;

pub(super) const VIEWS: u32 = 123_456;
const UPLOADED: &str = "2024-01-15T09:00:00-08:00";

pub(super) fn video_details(video: &Video) -> Value {
    let answer = video.scenario.answer;
    let scheduled = matches!(answer, Answer::Refused(refusal) if refusal.is_scheduled());
    let live = answer == Answer::LiveNow;
    let mut details = json!({
        "videoId": video.id,
        "title": video.title(),
        "lengthSeconds": if live || scheduled { "0".to_owned() } else { video.duration_seconds().to_string() },
        "keywords": ["stand-in", "magpie"],
        "channelId": CHANNEL_ID,
        "isOwnerViewing": false,
        "shortDescription": video.description(),
        "isCrawlable": true,
        "thumbnail": thumbnail_list(video),
        "allowRatings": true,
        "viewCount": VIEWS.to_string(),
        "author": video.uploader(),
        "isPrivate": false,
        "isUnpluggedCorpus": false,
        "isLiveContent": live || answer == Answer::Refused(Refusal::UpcomingLive),
    });
    if live {
        set(&mut details, "isLive", json!(true));
    }
    if scheduled {
        set(&mut details, "isUpcoming", json!(true));
    }
    details
}

/// What only the web page's own player is told.
pub(super) fn microformat(video: &Video) -> Value {
    let mut renderer = json!({
        "title": { "simpleText": video.title() },
        "description": { "simpleText": video.description() },
        "lengthSeconds": video.duration_seconds().to_string(),
        "ownerProfileUrl": format!("http://www.youtube.com/{CHANNEL_HANDLE}"),
        "externalChannelId": CHANNEL_ID,
        "ownerChannelName": video.uploader(),
        "isFamilySafe": true,
        "availableCountries": ["DE", "FR", "US"],
        "isUnlisted": false,
        "isShortsEligible": video.scenario.streams == Streams::Vertical,
        "viewCount": VIEWS.to_string(),
        "category": "Education",
        "publishDate": UPLOADED,
        "uploadDate": UPLOADED,
        "thumbnail": thumbnail_list(video),
    });
    match video.scenario.answer {
        Answer::LiveNow => {
            set(
                &mut renderer,
                "liveBroadcastDetails",
                json!({ "isLiveNow": true, "startTimestamp": UPLOADED }),
            );
        }
        Answer::Refused(refusal) if refusal.is_scheduled() => {
            // 2100, as `SCHEDULED_START` says it.
            set(
                &mut renderer,
                "liveBroadcastDetails",
                json!({ "isLiveNow": false, "startTimestamp": "2100-01-01T00:00:00+00:00" }),
            );
            set(&mut renderer, "scheduledStartTime", json!(SCHEDULED_START));
        }
        _ => {}
    }
    json!({ "playerMicroformatRenderer": renderer })
}

pub(super) fn thumbnail_list(video: &Video) -> Value {
    let list: Vec<Value> = thumbnails::SIZES
        .iter()
        .map(|(name, width, height)| {
            json!({
                "url": thumbnails::address(&video.id, name),
                "width": width,
                "height": height,
            })
        })
        .collect();
    json!({ "thumbnails": list })
}
