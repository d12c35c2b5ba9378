//! The engine's public face.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use common_types::{MediaErrorCode, health::EngineVersions};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    EngineConfig, EngineError, ExtractedInfo, FetchedFile, ImageFile, JobEnd, JobSpec, JobState,
    MediaFailure, PlaylistPage, PlaylistSummary, Target, download, listing, probe, shared::Shared,
    wire::SandboxReport,
};

/// A running engine; clones are handles on the same one. It runs until [`Engine::stop`], or until its
/// runtime ends: either way no process is left.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    /// Sockets of workers belong to the runtime that made them. All work is done on this one, so
    /// that requests may come from runtimes that end earlier.
    runtime: Handle,
}

impl Engine {
    /// Starts the engine on the current tokio runtime, which must outlive it. Returns once the tools
    /// are known to be there; warming up goes on, and the first job waits for it.
    ///
    /// # Errors
    /// When a tool is missing, does not run or is too old, or the work directory cannot be written.
    pub async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let shared = Arc::new(Shared::start(config).await?);
        let housekept = shared.clone();
        shared.tasks.spawn(async move { housekept.keep_house().await });
        Ok(Self { shared, runtime: Handle::current() })
    }

    /// What the engine is made of; the JavaScript runtime is known once it has warmed up.
    pub fn versions(&self) -> EngineVersions {
        self.shared.versions()
    }

    /// What holds back a job that was taken over, as tried at the start.
    pub fn sandbox(&self) -> SandboxReport {
        self.shared.sandbox()
    }

    /// Goes on with the yt-dlp of another environment, once that has been started, found new enough
    /// and warmed up. Requests that are under way end with the one before.
    ///
    /// # Errors
    /// As [`Engine::start`]; the one before goes on then.
    pub async fn go_on_with(&self, yt_dlp: PathBuf) -> Result<(), EngineError> {
        let shared = self.shared.clone();
        let replaced = self.runtime.spawn(async move { shared.go_on_with(yt_dlp).await });
        replaced.await.unwrap_or_else(|error| {
            Err(EngineError::GaveUp { reason: format!("its task: {error}") })
        })
    }

    /// Resolves once the first job would not have to wait.
    pub async fn warmed_up(&self) {
        self.shared.warmed_up().await;
    }

    /// What the site says of one video. Never waits behind downloads.
    ///
    /// # Errors
    /// When the video cannot be had, with the reason.
    pub async fn info(&self, target: impl Into<Target>) -> Result<ExtractedInfo, MediaFailure> {
        let (shared, target) = (self.shared.clone(), target.into());
        self.probe(async move { probe::info(&shared, &target).await }).await
    }

    /// The entries of a playlist, a channel's tab or a mix after the first `offset`, at most `limit`.
    /// The site is asked for what comes before them too, and for nothing behind the entry after them.
    /// Never waits behind downloads or enumerations.
    ///
    /// # Errors
    /// When the list cannot be had, with the reason.
    pub async fn playlist(
        &self,
        target: impl Into<Target>,
        offset: u32,
        limit: u32,
    ) -> Result<PlaylistPage, MediaFailure> {
        let (shared, target) = (self.shared.clone(), target.into());
        self.probe(async move { listing::page(&shared, &target, offset, limit).await }).await
    }

    /// Walks through a list once, from `first_index` to `last_index` (from 1, both inclusive) or to its
    /// end, and hands over pages of at most 100 entries as they come; one at least, which is empty
    /// where nothing is there. Every entry comes once, also when a worker dies on the way. Waits while
    /// `pages` is full. Dropping the future or the receiver cancels.
    ///
    /// # Errors
    /// See [`JobEnd`]; what was handed over before stands.
    pub async fn enumerate(
        &self,
        target: impl Into<Target>,
        first_index: u32,
        last_index: u32,
        pages: mpsc::Sender<PlaylistPage>,
        cancel: CancellationToken,
    ) -> Result<PlaylistSummary, JobEnd> {
        let (shared, target) = (self.shared.clone(), target.into());
        probe::require_web_address(&target.url).map_err(JobEnd::Failed)?;
        let work = |cancel| async move {
            listing::enumerate(&shared, &target, first_index, last_index, pages, cancel).await
        };
        self.run(cancel, work).await
    }

    /// Fetches one video into the job's directory and checks the file. Dropping the future cancels.
    ///
    /// # Errors
    /// See [`JobEnd`].
    pub async fn download(
        &self,
        job: JobSpec,
        progress: watch::Sender<JobState>,
        cancel: CancellationToken,
    ) -> Result<FetchedFile, JobEnd> {
        probe::require_web_address(&job.url).map_err(JobEnd::Failed)?;
        let shared = self.shared.clone();
        let work = |cancel| async move { download::run(&shared, job, progress, cancel).await };
        self.run(cancel, work).await
    }

    /// Fetches a picture to `dest`, as everything else is fetched.
    ///
    /// # Errors
    /// When it cannot be fetched, is larger than `max_bytes`, or is no picture.
    pub async fn thumbnail(
        &self,
        target: impl Into<Target>,
        dest: &Path,
        max_bytes: u64,
    ) -> Result<ImageFile, MediaFailure> {
        let (shared, target, dest) = (self.shared.clone(), target.into(), dest.to_owned());
        self.probe(async move { probe::picture(&shared, &target, &dest, max_bytes).await }).await
    }

    /// Downloads that are running now.
    pub fn busy(&self) -> usize {
        self.shared.jobs.taken()
    }

    /// Downloads that may run at a time.
    pub fn max_jobs(&self) -> usize {
        self.shared.jobs.limit()
    }

    /// Changes how many downloads may run at a time. More may start at once; where fewer are allowed
    /// than run, none is ended, and none starts until enough of them have. Zero lets none start.
    pub fn set_max_jobs(&self, max_jobs: usize) {
        self.shared.jobs.set_limit(max_jobs);
    }

    /// Whether there is room on the disk for a job of which nothing is known. A smaller rest may still
    /// do for those that run.
    pub async fn has_room(&self) -> bool {
        self.shared.room.has_reserve().await
    }

    /// Where the job with this id works.
    pub fn job_dir(&self, id: Uuid) -> PathBuf {
        self.shared.places.job(id)
    }

    /// The jobs that have a directory here and neither run nor wait for their turn in this engine:
    /// what earlier runs left, what failed and may be tried again, files that are being put away.
    ///
    /// # Errors
    /// When the directories cannot be listed.
    pub async fn job_dirs(&self) -> io::Result<Vec<Uuid>> {
        let shared = self.shared.clone();
        let listed = move || shared.running.left_behind(&shared.places);
        tokio::task::spawn_blocking(listed).await.map_err(io::Error::other)?
    }

    /// Removes a job's directory, if there is one. That of a job which runs, or waits for its turn, is
    /// left alone.
    pub async fn discard(&self, id: Uuid) {
        let shared = self.shared.clone();
        let removed = tokio::task::spawn_blocking(move || shared.discard(id)).await;
        if let Ok(Err(error)) = removed {
            log::warn!("removing the directory of job {id} failed: {error}");
        }
    }

    /// Ends every job as [`JobEnd::Interrupted`] and every process, and waits until they are gone.
    pub async fn stop(&self) {
        let shared = self.shared.clone();
        drop(self.runtime.spawn(async move { shared.stop().await }).await);
    }

    /// Runs a long request on the engine's runtime; its token is also cancelled when nobody waits for
    /// it any more.
    async fn run<T: Send + 'static, W>(
        &self,
        cancel: CancellationToken,
        work: impl FnOnce(CancellationToken) -> W,
    ) -> Result<T, JobEnd>
    where
        W: Future<Output = Result<T, JobEnd>> + Send + 'static,
    {
        let cancel = cancel.child_token();
        let _cancelled_if_dropped = cancel.clone().drop_guard();
        match self.shared.tasks.spawn_on(work(cancel), &self.runtime).await {
            Ok(outcome) => outcome,
            Err(error) => Err(JobEnd::Failed(fell_over(&error))),
        }
    }

    /// Runs a short request on the engine's runtime; it ends when nobody waits for it any more.
    async fn probe<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, MediaFailure>> + Send + 'static,
    ) -> Result<T, MediaFailure> {
        let abandoned = CancellationToken::new();
        let _cancelled_if_dropped = abandoned.clone().drop_guard();
        let task = async move {
            tokio::select! {
                biased;
                () = abandoned.cancelled() => {
                    Err(MediaFailure::new(MediaErrorCode::EngineError, "nobody is waiting"))
                }
                answer = work => answer,
            }
        };
        match self.shared.tasks.spawn_on(task, &self.runtime).await {
            Ok(answer) => answer,
            Err(error) => Err(fell_over(&error)),
        }
    }
}

fn fell_over(error: &tokio::task::JoinError) -> MediaFailure {
    MediaFailure::new(MediaErrorCode::EngineError, format!("the engine's task: {error}"))
}
