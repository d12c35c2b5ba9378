//! `playlist/*`.

use common_types::{
    ErrorCode,
    playlist::{
        Playlist, PlaylistAccepted, PlaylistChanged, PlaylistInfo, PlaylistInfoRequest,
        PlaylistRequest,
    },
};
use serde_json::json;
use service_kit::openapi::Operation;

use super::{files::delivered, idempotent};
use crate::Platform;

const ID: &str = "The playlist's, as this server gave it; not the site's.";

pub(super) fn operations(platform: &dyn Platform) -> [Operation; 7] {
    let url = platform.examples().playlist;
    [info(url), create(url), status(), archive(), cancel(), retry(), delete()]
}

fn info(url: &str) -> Operation {
    Operation::post("/playlist/info", "probe_playlist")
        .summary("What a playlist, channel or mix holds")
        .about("A page at a time; `next_offset` is there while there is more.")
        .for_users("read")
        .body::<PlaylistInfoRequest>(json!({ "url": url, "offset": 0, "limit": 50 }))
        .answers::<PlaylistInfo>(200, "A page of entries.")
        .refuses(&[ErrorCode::InvalidUrl, ErrorCode::UnsupportedUrl])
        .refuses_media()
}

fn create(url: &str) -> Operation {
    let operation = Operation::post("/playlist/download", "create_playlist")
        .summary("Ask for a playlist, or some of it")
        .about(
            "Accepted at once and enumerated by a worker. Entries that are private or deleted end \
             as failed without stopping the rest.",
        )
        .for_users("download");
    idempotent(operation)
        .body::<PlaylistRequest>(json!({ "url": url, "items": "1-3,7", "format": "mp4" }))
        .answers::<PlaylistAccepted>(202, "It waits for its turn.")
        .refuses(&[
            ErrorCode::InvalidUrl,
            ErrorCode::UnsupportedUrl,
            ErrorCode::InvalidRange,
            ErrorCode::AlreadyExists,
            ErrorCode::QuotaExceeded,
        ])
}

fn status() -> Operation {
    Operation::get("/playlist/status/{id}", "get_playlist")
        .summary("How far a playlist and each of its items are")
        .for_users("read")
        .id(ID)
        .answers::<Playlist>(200, "The playlist.")
}

fn archive() -> Operation {
    let operation = Operation::get("/playlist/download/{id}", "get_playlist_archive")
        .summary("The files of a playlist as one ZIP")
        .about("Entries are named by their index in the list, such as `001_Title.mp4`.")
        .for_users("read")
        .id(ID)
        .query(
            "partial",
            "What there is by now, before all items have ended.",
            json!({ "type": "boolean", "default": false }),
        );
    delivered(operation, &["application/zip"])
}

fn cancel() -> Operation {
    Operation::post("/playlist/cancel/{id}", "cancel_playlist")
        .summary("Cancel a playlist")
        .about("Its enumeration, and every item that has not ended.")
        .for_users("download")
        .id(ID)
        .answers::<PlaylistChanged>(200, "It is cancelled.")
        .refuses(&[ErrorCode::NotCancellable])
}

fn retry() -> Operation {
    Operation::post("/playlist/retry/{id}", "retry_playlist")
        .summary("Try the failed and cancelled items of a playlist again")
        .for_users("download")
        .id(ID)
        .answers::<PlaylistChanged>(202, "They wait for their turn.")
        .refuses(&[ErrorCode::NotRetryable, ErrorCode::QuotaExceeded])
}

fn delete() -> Operation {
    Operation::delete("/playlist/{id}", "delete_playlist")
        .summary("Remove a playlist, its items and their files")
        .for_users("download")
        .id(ID)
        .answers::<PlaylistChanged>(200, "It is gone.")
}
