//! Answers that are files, as `delivery` gives them.

use common_types::ErrorCode;
use serde_json::json;
use service_kit::openapi::Operation;

/// Bytes of these media types: whole, in part, or not again (RFC 9110).
pub(super) fn delivered(operation: Operation, media_types: &[&str]) -> Operation {
    let text = || json!({ "type": "string" });
    let asked = operation
        .about(
            "An attachment with an exact length and a strong tag. A `HEAD` gives the same head. \
             Several ranges at once are answered with the whole.",
        )
        .header("Range", "`bytes=…`: the part that is wanted.", text())
        .header("If-Range", "A tag or date: the part only of this version, else the whole.", text())
        .header("If-None-Match", "Tags: nothing, if it is still one of these.", text())
        .header("If-Modified-Since", "A date: nothing, if it has not changed since.", text());
    let whole = bytes(asked, 200, "The whole.", media_types);
    bytes(whole, 206, "The part that was asked for.", media_types)
        .with_header("Content-Range", "Which bytes these are, and of how many.")
        .answers_nothing(304, "It is still the version that the client holds.")
        .with_header("ETag", "A strong tag.")
        .refuses(&[ErrorCode::NotReady, ErrorCode::Expired, ErrorCode::RangeNotSatisfiable])
}

fn bytes(operation: Operation, status: u16, told: &str, media_types: &[&str]) -> Operation {
    let binary = json!({ "type": "string", "format": "binary" });
    let add = |operation: Operation, media_type: &&str| {
        operation.answers_as(status, told, media_type, binary.clone())
    };
    media_types
        .iter()
        .fold(operation, add)
        .with_header("Content-Length", "Exact, also of a ZIP.")
        .with_header("Content-Disposition", "`attachment`, with an ASCII name and the real one.")
        .with_header("Accept-Ranges", "`bytes`")
        .with_header("ETag", "A strong tag: it changes with any byte.")
        .with_header("Last-Modified", "When it was completed.")
}
