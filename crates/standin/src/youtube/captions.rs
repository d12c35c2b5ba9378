//! Subtitles: which there are, and their text in the formats that can be asked for.

use http::StatusCode;
use serde_json::{Value, json};

use super::fields::set;
use crate::reply::{self, Reply};
use crate::request::Request;
use crate::scenarios::{Captions, Video};

struct Track {
    language: &'static str,
    name: &'static str,
    /// Made by a machine.
    automatic: bool,
    lines: [&'static str; 2],
}

const TRACKS: [Track; 3] = [
    Track {
        language: "en",
        name: "English",
        automatic: false,
        lines: ["Good day.", "This is a test picture."],
    },
    Track {
        language: "de",
        name: "German",
        automatic: false,
        lines: ["Guten Tag.", "Dies ist ein Testbild."],
    },
    Track {
        language: "fr",
        name: "French (auto-generated)",
        automatic: true,
        lines: ["Bonjour.", "Ceci est une mire."],
    },
];
/// When each line is shown, from and to, in seconds.
const TIMES: [(u32, u32); 2] = [(0, 3), (4, 8)];

/// The `captions` of a player response.
pub(super) fn tracklist(video: &Video) -> Value {
    let tracks: Vec<Value> = TRACKS.iter().map(|track| described(track, video)).collect();
    json!({ "playerCaptionsTracklistRenderer": { "captionTracks": tracks } })
}

fn described(track: &Track, video: &Video) -> Value {
    let Track { language, name, automatic, .. } = track;
    let kind = if *automatic { "&kind=asr" } else { "" };
    let url = format!("https://www.youtube.com/api/timedtext?v={}&lang={language}{kind}", video.id);
    let mut value = json!({
        "baseUrl": url,
        "name": { "simpleText": name },
        "vssId": format!("{}.{language}", if *automatic { "a" } else { "" }),
        "languageCode": language,
        "isTranslatable": false,
    });
    if *automatic {
        set(&mut value, "kind", json!("asr"));
    }
    value
}

/// Answers `/api/timedtext`.
pub(super) fn answer(request: &Request, video: Option<&Video>) -> Reply {
    let language = request.query.get("lang");
    let track = TRACKS.iter().find(|track| language == Some(track.language));
    match (video.map(|video| video.scenario.captions), track) {
        (Some(Captions::Available), Some(track)) => subtitles(track, request.query.get("fmt")),
        (Some(Captions::Failing(status)), _) => {
            reply::text(StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND), "")
        }
        _ => reply::not_found(),
    }
}

fn subtitles(track: &Track, format: Option<&str>) -> Reply {
    match format {
        Some("vtt") => reply::content("text/vtt; charset=utf-8", vtt(track)),
        Some("srt") => reply::content("application/x-subrip", srt(track)),
        Some("json3") => reply::json(&json3(track)),
        Some("ttml") => reply::content("application/ttml+xml", ttml(track)),
        _ => reply::content("text/xml; charset=utf-8", xml(track)),
    }
}

fn cues(track: &Track) -> impl Iterator<Item = (u32, u32, &'static str)> {
    TIMES.into_iter().zip(track.lines).map(|((from, to), line)| (from, to, line))
}

fn vtt(track: &Track) -> String {
    let cues: String = cues(track)
        .map(|(from, to, line)| format!("00:00:0{from}.000 --> 00:00:0{to}.000\n{line}\n\n"))
        .collect();
    format!("WEBVTT\nKind: captions\nLanguage: {}\n\n{cues}", track.language)
}

fn srt(track: &Track) -> String {
    cues(track)
        .zip(1_u32..)
        .map(|((from, to, line), number)| {
            format!("{number}\n00:00:0{from},000 --> 00:00:0{to},000\n{line}\n\n")
        })
        .collect()
}

fn json3(track: &Track) -> Value {
    let events: Vec<Value> = cues(track)
        .map(|(from, to, line)| {
            json!({
                "tStartMs": from * 1_000,
                "dDurationMs": (to - from) * 1_000,
                "segs": [{ "utf8": line }],
            })
        })
        .collect();
    json!({ "wireMagic": "pb3", "events": events })
}

fn ttml(track: &Track) -> String {
    let cues: String = cues(track)
        .map(|(from, to, line)| {
            format!("<p begin=\"00:00:0{from}.000\" end=\"00:00:0{to}.000\">{line}</p>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><tt xml:lang=\"{}\" \
         xmlns=\"http://www.w3.org/ns/ttml\"><body><div>{cues}</div></body></tt>",
        track.language
    )
}

fn xml(track: &Track) -> String {
    let cues: String = cues(track)
        .map(|(from, to, line)| {
            format!("<text start=\"{from}\" dur=\"{}\">{line}</text>", to - from)
        })
        .collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\" ?><transcript>{cues}</transcript>")
}
