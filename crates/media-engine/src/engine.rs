//! The engine's public face.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use common_types::{MediaErrorCode, health::EngineVersions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    EngineConfig, EngineError, ExtractedInfo, FetchedFile, ImageFile, JobEnd, JobSpec, JobState,
    MediaFailure,
};

/// A running engine; clones are handles on the same one.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    config: EngineConfig,
    versions: EngineVersions,
}

impl Engine {
    /// Starts the engine on the current tokio runtime, which must outlive it. Returns once the tools
    /// are known to be there; warming up goes on, and the first job waits for it.
    ///
    /// # Errors
    /// When a tool is missing, does not run or is too old, or the work directory cannot be written.
    pub async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        tokio::task::yield_now().await;
        Ok(Self { inner: Arc::new(Inner { config, versions: EngineVersions::default() }) })
    }

    /// What the engine is made of, as found at its start.
    pub fn versions(&self) -> EngineVersions {
        self.inner.versions.clone()
    }

    /// What the site says of one video. Never waits behind downloads.
    ///
    /// # Errors
    /// When the video cannot be had, with the reason.
    pub async fn info(&self, _url: &str) -> Result<ExtractedInfo, MediaFailure> {
        tokio::task::yield_now().await;
        Err(MediaFailure::new(MediaErrorCode::EngineError, "the engine is not wired up"))
    }

    /// Fetches one video into the job's directory and checks the file. Dropping the future cancels.
    ///
    /// # Errors
    /// See [`JobEnd`].
    pub async fn download(
        &self,
        _job: JobSpec,
        _progress: watch::Sender<JobState>,
        _cancel: CancellationToken,
    ) -> Result<FetchedFile, JobEnd> {
        tokio::task::yield_now().await;
        Err(JobEnd::Interrupted)
    }

    /// Fetches a picture to `dest`, through the same proxy as everything else.
    ///
    /// # Errors
    /// When it cannot be fetched, is larger than `max_bytes`, or is no picture.
    pub async fn thumbnail(
        &self,
        _url: &str,
        _dest: &Path,
        _max_bytes: u64,
    ) -> Result<ImageFile, MediaFailure> {
        tokio::task::yield_now().await;
        Err(MediaFailure::new(MediaErrorCode::EngineError, "the engine is not wired up"))
    }

    /// Downloads that are running now.
    pub fn busy(&self) -> usize {
        0
    }

    /// Where the job with this id works.
    pub fn job_dir(&self, id: Uuid) -> PathBuf {
        self.inner.config.work_dir.join("jobs").join(id.to_string())
    }

    /// Removes a job's directory, if there is one.
    pub async fn discard(&self, id: Uuid) {
        // One that is not there is as good as removed.
        drop(tokio::fs::remove_dir_all(self.job_dir(id)).await);
    }

    /// Ends every job as [`JobEnd::Interrupted`] and every process, and waits until they are gone.
    pub async fn stop(&self) {
        tokio::task::yield_now().await;
    }
}
