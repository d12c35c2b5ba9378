//! SponsorBlock, `sponsor.ajay.app`: which parts of a video somebody marked.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{SPONSORED, Video};

/// How many of the sponsored videos it knows.
const KNOWN_VIDEOS: u32 = 99;
/// Category, first and last second.
const SEGMENTS: [(&str, f64, f64); 2] = [("sponsor", 2.0, 4.0), ("outro", 8.0, 10.0)];

/// Answers `/api/skipSegments/{start of the SHA-256 of the id}`.
pub(crate) fn answer(request: &Request) -> Reply {
    let ["api", "skipSegments", prefix] = request.segments()[..] else {
        return reply::not_found();
    };
    let categories: Vec<String> = request
        .query
        .get("categories")
        .and_then(|list| serde_json::from_str(list).ok())
        .unwrap_or_else(|| vec!["sponsor".to_owned()]);
    let found: Vec<Value> = (1..=KNOWN_VIDEOS)
        .map(|number| SPONSORED.video(number))
        .filter(|video| prefix.len() >= 4 && id_hash(&video.id).starts_with(prefix))
        .map(|video| video_segments(&video, &categories))
        .collect();
    if found.is_empty() { reply::not_found() } else { reply::json(&Value::from(found)) }
}

fn video_segments(video: &Video, categories: &[String]) -> Value {
    let segments: Vec<Value> = SEGMENTS
        .iter()
        .filter(|(category, ..)| categories.iter().any(|wanted| wanted == category))
        .map(|(category, from, to)| {
            json!({
                "UUID": format!("{}-{category}", video.id),
                "category": category,
                "actionType": "skip",
                "segment": [from, to],
                "videoDuration": video.duration_seconds(),
                "description": "",
                "locked": 1,
                "votes": 5,
            })
        })
        .collect();
    json!({ "videoID": video.id, "hash": id_hash(&video.id), "segments": segments })
}

fn id_hash(video_id: &str) -> String {
    Sha256::digest(video_id).iter().map(|byte| format!("{byte:02x}")).collect()
}
