//! `multi/*`.

use common_types::{
    ErrorCode,
    batch::{Batch, BatchAccepted, BatchChanged, BatchRequest},
};
use serde_json::json;
use service_kit::openapi::Operation;

use super::{files::delivered, idempotent};
use crate::Platform;

const ID: &str = "The batch's.";

pub(super) fn operations(platform: &dyn Platform) -> [Operation; 6] {
    [create(platform.examples().videos), status(), archive(), cancel(), retry(), delete()]
}

fn create(videos: [&str; 2]) -> Operation {
    let operation = Operation::post("/multi/batch", "create_batch")
        .summary("Ask for several videos at once")
        .about(
            "One bad link refuses them all, and `errors` names each. Links to one video fold into \
             one item; `duplicates` counts what fell away.",
        )
        .for_users("download");
    idempotent(operation)
        .body::<BatchRequest>(json!({ "urls": videos, "format": "mp3", "quality": "192k" }))
        .answers::<BatchAccepted>(202, "All wait for their turn.")
        .refuses(&[
            ErrorCode::InvalidUrl,
            ErrorCode::UnsupportedUrl,
            ErrorCode::TooManyUrls,
            ErrorCode::AlreadyExists,
            ErrorCode::QuotaExceeded,
        ])
}

fn status() -> Operation {
    Operation::get("/multi/batch/{id}", "get_batch")
        .summary("How far a batch and each of its items are")
        .for_users("read")
        .id(ID)
        .answers::<Batch>(200, "The batch.")
}

fn archive() -> Operation {
    let operation = Operation::get("/multi/batch/{id}/download", "get_batch_archive")
        .summary("The files of a batch as one ZIP")
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
    Operation::post("/multi/batch/{id}/cancel", "cancel_batch")
        .summary("Cancel what has not ended of a batch")
        .for_users("download")
        .id(ID)
        .answers::<BatchChanged>(200, "It is cancelled.")
        .refuses(&[ErrorCode::NotCancellable])
}

fn retry() -> Operation {
    Operation::post("/multi/batch/{id}/retry", "retry_batch")
        .summary("Try the failed and cancelled items of a batch again")
        .for_users("download")
        .id(ID)
        .answers::<BatchChanged>(202, "They wait for their turn.")
        .refuses(&[ErrorCode::NotRetryable, ErrorCode::QuotaExceeded])
}

fn delete() -> Operation {
    Operation::delete("/multi/batch/{id}", "delete_batch")
        .summary("Remove a batch, its items and their files")
        .for_users("download")
        .id(ID)
        .answers::<BatchChanged>(200, "It is gone.")
}
