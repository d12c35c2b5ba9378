//! Refusals of this API, in the words of the contract.

use common_types::{ErrorCode, FieldError};
use media_engine::MediaFailure;
use service_kit::ApiError;

use crate::LinkError;

/// A link that cannot be taken; `pointer` is where in the body it stands.
pub(crate) fn refused_link(error: LinkError, pointer: &str) -> ApiError {
    let (code, detail) = match error {
        LinkError::Invalid => (
            ErrorCode::InvalidUrl,
            "This is not a plain http or https link to a video, without credentials or a port.",
        ),
        LinkError::Unsupported => {
            (ErrorCode::UnsupportedUrl, "This link is not one of this platform.")
        }
        LinkError::NotAVideo => (ErrorCode::InvalidUrl, "This page of the site holds no video."),
        LinkError::Clip => (
            ErrorCode::InvalidUrl,
            "A clip does not name its video: open it on the site and copy the link of the whole video.",
        ),
    };
    ApiError::new(code, detail).with_errors(vec![FieldError::new(pointer, detail)])
}

/// A playlist or channel where one video was asked for.
pub(crate) fn not_one_video(pointer: &str) -> ApiError {
    let detail = "This link leads to a playlist or a channel, not to one video.";
    ApiError::new(ErrorCode::InvalidUrl, detail).with_errors(vec![FieldError::new(pointer, detail)])
}

/// One video where a playlist or channel was asked for.
pub(crate) fn not_a_playlist(pointer: &str) -> ApiError {
    let detail = "This link leads to one video, not to a playlist or a channel.";
    ApiError::new(ErrorCode::InvalidUrl, detail).with_errors(vec![FieldError::new(pointer, detail)])
}

/// Entries were asked for that the playlist does not have.
pub(crate) fn range_without_entries(total: u64) -> ApiError {
    let detail = format!("The playlist has {total} entries, and none of those asked for.");
    ApiError::new(ErrorCode::InvalidRange, detail)
}

/// A video that cannot be had, where the answer is immediate. The technical message is logged.
pub(crate) fn media_refused(failure: MediaFailure) -> ApiError {
    log::info!("{}: {}", failure.code().slug(), failure.detail);
    ApiError::media(failure.problem)
}

/// There is no such download, or it is another user's.
pub(crate) fn no_such_download() -> ApiError {
    ApiError::not_found("There is no download with this id.")
}
