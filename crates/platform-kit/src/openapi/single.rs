//! `single/*`.

use common_types::{
    ErrorCode,
    download::{Download, DownloadAccepted, DownloadChanged, DownloadRequest, InfoRequest},
    media::{Format, MediaInfo},
};
use serde_json::json;
use service_kit::openapi::Operation;

use super::{files::delivered, idempotent};
use crate::Platform;

const ID: &str = "The download's.";

pub(super) fn operations(platform: &dyn Platform) -> [Operation; 7] {
    let [video, _] = platform.examples().videos;
    [info(video), create(video), status(), file(), cancel(), retry(), delete()]
}

fn info(video: &str) -> Operation {
    Operation::post("/single/info", "probe_video")
        .summary("What the site has of one video")
        .about("A link that names a playlist beside the video is taken for the video; `playlist` says which.")
        .for_users("read")
        .body::<InfoRequest>(json!({ "url": video }))
        .answers::<MediaInfo>(200, "Title, formats, and the qualities that can be asked for.")
        .refuses(&[ErrorCode::InvalidUrl, ErrorCode::UnsupportedUrl])
        .refuses_media()
}

fn create(video: &str) -> Operation {
    let operation = Operation::post("/single/download", "create_download")
        .summary("Ask for one video")
        .about(
            "`quality` is the best that is no higher, or the lowest there is. For `mp3`, `m4a` and \
             `opus` it may also be a bit rate. Subtitles that the site does not have are left out.",
        )
        .for_users("download");
    idempotent(operation)
        .body::<DownloadRequest>(json!({ "url": video, "format": "mp4", "quality": "720p" }))
        .answers::<DownloadAccepted>(202, "It waits for its turn.")
        .refuses(&[
            ErrorCode::InvalidUrl,
            ErrorCode::UnsupportedUrl,
            ErrorCode::AlreadyExists,
            ErrorCode::QuotaExceeded,
        ])
}

fn status() -> Operation {
    Operation::get("/single/status/{id}", "get_download")
        .summary("How far a download is")
        .about("Items of batches and playlists are downloads too.")
        .for_users("read")
        .id(ID)
        .answers::<Download>(200, "The download.")
}

fn file() -> Operation {
    let media_types: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
    let operation = Operation::get("/single/file/{id}", "get_file")
        .summary("The file of a completed download")
        .for_users("read")
        .id(ID);
    delivered(operation, &media_types)
        .answers_nothing(307, "It is to be had at the store itself, where the operator chose that.")
        .with_header("Location", "Good for ten minutes, for whoever holds it, with a `Range` too.")
        .refuses(&[ErrorCode::Unavailable])
}

fn cancel() -> Operation {
    Operation::post("/single/cancel/{id}", "cancel_download")
        .summary("Cancel a download")
        .for_users("download")
        .id(ID)
        .answers::<DownloadChanged>(200, "It is cancelled; its worker is gone.")
        .refuses(&[ErrorCode::NotCancellable])
}

fn retry() -> Operation {
    Operation::post("/single/retry/{id}", "retry_download")
        .summary("Try a failed or cancelled download again")
        .for_users("download")
        .id(ID)
        .answers::<DownloadChanged>(202, "It waits for its turn.")
        .refuses(&[ErrorCode::NotRetryable, ErrorCode::QuotaExceeded])
}

fn delete() -> Operation {
    Operation::delete("/single/{id}", "delete_download")
        .summary("Remove a download and its file")
        .about("One that runs is cancelled first.")
        .for_users("download")
        .id(ID)
        .answers::<DownloadChanged>(200, "It is gone.")
}
