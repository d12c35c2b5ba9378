//! What whoever runs a node does beside its service: tries the engine, opens the store, tells whose a
//! file is.

use std::{path::Path, time::Duration};

use common_types::health::EngineVersions;
use media_engine::{Engine, EngineConfig};
use service_kit::Config;

use crate::Platform;

pub use crate::engines::{Engines, version_of};
pub use crate::{storage::open as open_store, sweeper::owner as owner_of};
pub use media_engine::{EngineError, FFMPEG_LOCK, REQUIREMENTS, SandboxReport, YT_DLP_FLOOR};

/// A file that was stored more recently may belong to a job that is just telling its end.
pub use crate::sweeper::settled_after;

/// How long an engine may take to warm up.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(30);

/// What an engine is made of, as found by starting it.
#[derive(Debug, Clone)]
pub struct Tried {
    pub versions: EngineVersions,
    pub sandbox: SandboxReport,
    /// Whether it played through its warm-up, and so imported all that a download needs.
    pub is_warm: bool,
}

/// Starts an engine of its own on this yt-dlp, lets it warm up and ends it. `work_dir` is made for it
/// and removed.
///
/// # Errors
/// When it does not start: see [`EngineError`].
pub async fn try_engine(
    platform: &dyn Platform,
    config: &Config,
    yt_dlp: &Path,
    work_dir: &Path,
) -> Result<Tried, EngineError> {
    let mut wanted = EngineConfig::new(yt_dlp.to_owned(), work_dir.to_owned());
    if let Some(ffmpeg) = &config.ffmpeg {
        wanted.ffprobe = ffmpeg.with_file_name("ffprobe");
        wanted.ffmpeg.clone_from(ffmpeg);
    }
    wanted.allowed_extractors = platform.extractors().iter().map(|&name| name.to_owned()).collect();
    wanted.extractor_args = platform.extractor_args();
    wanted.warm_up = platform.warm_up().map(str::to_owned);
    let tried = start_and_end(wanted).await;
    // What is left in a directory of its own is in nobody's way.
    let _left = std::fs::remove_dir_all(work_dir);
    tried
}

async fn start_and_end(wanted: EngineConfig) -> Result<Tried, EngineError> {
    let engine = Engine::start(wanted).await?;
    let is_warm = tokio::time::timeout(WARM_UP_TIMEOUT, engine.warmed_up()).await.is_ok();
    let tried = Tried { versions: engine.versions(), sandbox: engine.sandbox(), is_warm };
    engine.stop().await;
    Ok(tried)
}
