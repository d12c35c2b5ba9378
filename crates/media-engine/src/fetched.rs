//! What a worker says of a file that it has fetched.

use std::{io, path::PathBuf};

use serde::Deserialize;

use crate::FetchedFile;

/// A worker's answer; see `download.py`.
#[derive(Deserialize)]
struct RawFile {
    path: PathBuf,
    ext: String,
    size: u64,
    id: Option<String>,
    title: Option<String>,
    uploader: Option<String>,
    duration: Option<f64>,
    thumbnail: Option<String>,
    height: Option<u32>,
    vcodec: Option<String>,
    acodec: Option<String>,
}

/// # Errors
/// When the answer has another shape.
pub(crate) fn read(result: serde_json::Value) -> io::Result<FetchedFile> {
    let raw: RawFile = serde_json::from_value(result)?;
    Ok(FetchedFile {
        path: raw.path,
        ext: raw.ext,
        size_bytes: raw.size,
        video_id: raw.id.unwrap_or_default(),
        title: raw.title.unwrap_or_default(),
        uploader: raw.uploader,
        duration_seconds: raw.duration,
        thumbnail_url: raw.thumbnail,
        height: raw.height,
        vcodec: raw.vcodec,
        acodec: raw.acodec,
    })
}
