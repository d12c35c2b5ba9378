//! Why an engine cannot be started.

use std::{io, path::PathBuf};

/// What stands in the way of a start; each says what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("yt-dlp was not found at {}; run scripts/setup-engine or set MAGPIE_YT_DLP", path.display())]
    YtDlpNotFound { path: PathBuf },

    #[error("no Python beside {}; yt-dlp must stand in an environment made by scripts/setup-engine", yt_dlp.display())]
    PythonNotFound { yt_dlp: PathBuf },

    #[error("yt-dlp {found} is too old to be safe, {floor} is the least; run scripts/setup-engine")]
    YtDlpTooOld { found: String, floor: &'static str },

    #[error("{} does not run; install ffmpeg or set MAGPIE_FFMPEG", path.display())]
    FfmpegNotUsable { path: PathBuf, source: Option<io::Error> },

    #[error(
        "downloads cannot be confined here, this system lacks: {missing}; use a kernel of 6.12 or later, or set MAGPIE_SANDBOX to best-effort"
    )]
    NotConfined { missing: String },

    #[error("preparing {} for the engine failed", path.display())]
    WorkDir { path: PathBuf, source: io::Error },

    #[error("starting the engine's Python process failed")]
    Spawn { source: io::Error },

    #[error("the engine's Python process gave up: {reason}")]
    GaveUp { reason: String },
}
