//! A download, from what is asked to how it ends.

use std::path::PathBuf;

use common_types::{download::Phase, media::MediaOptions};
use uuid::Uuid;

use crate::{
    failure::MediaFailure,
    target::{Cookies, Proxy},
};

/// One download. A second attempt with the same id and options resumes what the first one left.
#[derive(Debug, Clone)]
pub struct JobSpec {
    /// Names the job's directory, `<work_dir>/jobs/<id>`.
    pub id: Uuid,
    /// The canonical URL, made by us; never what a user typed.
    pub url: String,
    pub options: MediaOptions,
    /// Of whoever asked for it, in place of the operator's.
    pub cookies: Option<Cookies>,
    /// In place of the engine's.
    pub proxy: Option<Proxy>,
}

/// Where a running job stands. What the site says of the video appears once it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct JobState {
    /// `extracting`, `downloading` or `processing`; storing is the caller's.
    pub phase: Phase,
    /// 0 to 99 over the whole job, all streams and merging; never goes back.
    pub progress: f64,
    pub downloaded_bytes: u64,
    pub total_bytes: Option<u64>,
    /// Bytes per second.
    pub speed_bps: Option<f64>,
    pub eta_seconds: Option<u64>,
    pub video_id: Option<String>,
    pub title: Option<String>,
    pub uploader: Option<String>,
    pub duration_seconds: Option<f64>,
    pub thumbnail_url: Option<String>,
}

impl Default for JobState {
    fn default() -> Self {
        Self {
            phase: Phase::Extracting,
            progress: 0.0,
            downloaded_bytes: 0,
            total_bytes: None,
            speed_bps: None,
            eta_seconds: None,
            video_id: None,
            title: None,
            uploader: None,
            duration_seconds: None,
            thumbnail_url: None,
        }
    }
}

/// A file that was fetched and checked. The caller moves it away, then calls
/// [`crate::Engine::discard`].
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedFile {
    /// In the job's directory.
    pub path: PathBuf,
    /// Without the dot; the format that was asked for, or `mkv` where webm cannot hold the streams.
    pub ext: String,
    pub size_bytes: u64,
    pub video_id: String,
    /// As the site has it: never safe as a file name.
    pub title: String,
    pub uploader: Option<String>,
    pub duration_seconds: Option<f64>,
    pub thumbnail_url: Option<String>,
    /// Pixels; none for audio.
    pub height: Option<u32>,
    /// ffmpeg's names, such as `h264` and `aac`.
    pub vcodec: Option<String>,
    pub acodec: Option<String>,
}

/// How a download ended, when it did not end with a file.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEnd {
    /// Its directory is gone, unless the failure may pass (an outlook other than `Permanent`) and part
    /// of the file has come: then another attempt of the same job goes on from there. Whoever makes
    /// none calls [`crate::Engine::discard`].
    Failed(MediaFailure),
    /// By its token; its directory is gone.
    Cancelled,
    /// The engine was stopped; what was fetched stays for the next attempt.
    Interrupted,
}
