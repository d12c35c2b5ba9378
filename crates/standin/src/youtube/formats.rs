//! The formats of a player response.

use serde_json::{Value, json};

use super::client::Client;
use super::fields::set;
use crate::cdn::{live_manifest, media_address};
use crate::media::{Codecs, Format, formats_of};
use crate::scenarios::Video;

const EXPIRES_IN_SECONDS: &str = "21540";

/// The `streamingData` of an ordinary video.
pub(super) fn streaming_data(video: &Video, client: Client, ticket: u64) -> Value {
    let (muxed, adaptive): (Vec<Format>, Vec<Format>) =
        formats_of(video).into_iter().partition(|format| format.itag.codecs == Codecs::H264Aac);
    let describe = |format: &Format| described(format, video, client, ticket);
    json!({
        "expiresInSeconds": EXPIRES_IN_SECONDS,
        "formats": muxed.iter().map(describe).collect::<Vec<_>>(),
        "adaptiveFormats": adaptive.iter().map(describe).collect::<Vec<_>>(),
    })
}

/// The same, with every format encrypted.
pub(super) fn protected(video: &Video, client: Client, ticket: u64) -> Value {
    let mut data = streaming_data(video, client, ticket);
    set(&mut data, "licenseInfos", json!([{ "drmFamily": "WIDEVINE" }]));
    for list in ["formats", "adaptiveFormats"] {
        let formats = data.get_mut(list).and_then(Value::as_array_mut);
        for format in formats.into_iter().flatten() {
            set(format, "drmFamilies", json!(["WIDEVINE"]));
        }
    }
    data
}

/// A live stream has a manifest, and no formats that end.
pub(super) fn live(video: &Video) -> Value {
    json!({
        "expiresInSeconds": EXPIRES_IN_SECONDS,
        "hlsManifestUrl": live_manifest(video),
    })
}

fn described(format: &Format, video: &Video, client: Client, ticket: u64) -> Value {
    let mut value = json!({
        "itag": format.itag.number,
        "mimeType": format!("{}; codecs=\"{}\"", format.media_type(), codecs(format)),
        "lastModified": "1705341600000000",
        "projectionType": "RECTANGULAR",
    });
    if client != Client::Web {
        set(&mut value, "url", json!(media_address(video, format, ticket)));
    }
    // Whoever does not know the size must not guess it from rate and duration either.
    if let Some(bytes) = format.announced_bytes {
        set(&mut value, "contentLength", json!(bytes.to_string()));
        set(&mut value, "bitrate", json!(bit_rate(format)));
        set(&mut value, "averageBitrate", json!(bit_rate(format)));
        set(&mut value, "approxDurationMs", json!((video.duration_seconds() * 1_000).to_string()));
    }
    describe_picture(&mut value, format);
    describe_sound(&mut value, format);
    value
}

fn describe_picture(value: &mut Value, format: &Format) {
    let Some(picture) = format.recipe.picture() else {
        return;
    };
    set(value, "width", json!(picture.width));
    set(value, "height", json!(picture.height));
    set(value, "fps", json!(format.itag.fps));
    set(value, "quality", json!(quality(format.itag.lines)));
    set(value, "qualityLabel", json!(format!("{}p", format.itag.lines)));
}

fn describe_sound(value: &mut Value, format: &Format) {
    if format.itag.audio_kbps == 0 {
        return;
    }
    if format.itag.lines == 0 {
        set(value, "quality", json!("tiny"));
    }
    set(value, "audioQuality", json!(audio_quality(format)));
    set(value, "audioSampleRate", json!(format.recipe.sample_rate().to_string()));
    set(value, "audioChannels", json!(2));
}

fn bit_rate(format: &Format) -> u32 {
    (format.itag.video_kbps + format.itag.audio_kbps) * 1_000
}

fn codecs(format: &Format) -> &'static str {
    match format.itag.codecs {
        Codecs::H264 => "avc1.4d401f",
        Codecs::H264Aac => "avc1.42001E, mp4a.40.2",
        Codecs::Vp9 => "vp9",
        Codecs::Aac => "mp4a.40.2",
        Codecs::Opus => "opus",
    }
}

fn quality(lines: u32) -> &'static str {
    match lines {
        0..=144 => "tiny",
        145..=240 => "small",
        241..=360 => "medium",
        361..=480 => "large",
        481..=720 => "hd720",
        721..=1_080 => "hd1080",
        1_081..=1_440 => "hd1440",
        _ => "hd2160",
    }
}

fn audio_quality(format: &Format) -> &'static str {
    if format.itag.audio_kbps < 100 { "AUDIO_QUALITY_LOW" } else { "AUDIO_QUALITY_MEDIUM" }
}
