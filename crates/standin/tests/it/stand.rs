//! Stand-ins for tests.

use std::path::{Path, PathBuf};

use standin::{Standin, StandinConfig};

/// A stand-in that shares the media that any test has made before.
pub(crate) async fn start() -> Standin {
    start_in(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("standin")).await
}

/// A stand-in that keeps everything in this directory.
pub(crate) async fn start_in(dir: &Path) -> Standin {
    Standin::start(StandinConfig { ffmpeg: ffmpeg(), ..StandinConfig::in_dir(dir) }).await.unwrap()
}

pub(crate) fn ffmpeg() -> PathBuf {
    std::env::var_os("MAGPIE_FFMPEG").map_or_else(|| PathBuf::from("ffmpeg"), PathBuf::from)
}

/// The one beside ffmpeg.
pub(crate) fn ffprobe() -> PathBuf {
    ffmpeg().with_file_name("ffprobe")
}
