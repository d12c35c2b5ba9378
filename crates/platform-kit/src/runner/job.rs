//! One job from its claim to its end.

use std::{
    convert::Infallible,
    future,
    rc::Rc,
    time::{Duration, Instant},
};

use common_types::{
    ErrorCode, MediaErrorCode, MediaProblem,
    download::Status,
    internal::{
        downloads::{DownloadRecord, StoredFile},
        jobs::{Finish, Job, LeaseHolder, Outcome, Outlook, Release},
    },
};
use db_client::{DbClient, DbError};
use media_engine::{FetchedFile, JobEnd, JobSpec};
use media_store::{StorageKey, Store, StoreError, ascii_stem, file_name};
use service_kit::{Chain, request_id};
use tokio_util::sync::CancellationToken;

use super::{Jobs, RunnerSettings};
use crate::{
    cookies::{CookieJars, Viewer},
    guarded::GuardedEngine,
    sweeper::{BATCH_FILES, PLAYLIST_FILES, SINGLE_FILES},
    tally::{Ending, Tally},
    wire,
};

/// How often the end of a job is told while the database does not answer.
const FINISH_ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// What a job works with.
pub(super) struct JobContext {
    pub(super) engine: GuardedEngine,
    pub(super) store: Store,
    pub(super) client: Rc<DbClient>,
    pub(super) jobs: Jobs,
    pub(super) settings: RunnerSettings,
    pub(super) cookies: CookieJars,
    pub(super) hurry: CancellationToken,
    pub(super) tally: Tally,
}

/// Why a fetched file could not be put away.
#[derive(Debug, thiserror::Error)]
enum StoringError {
    #[error("the storage key is not one")]
    Key(#[from] media_store::KeyError),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl JobContext {
    /// Runs `job` to its end, whatever that is. Its id stands on every line that is logged for it.
    pub(super) async fn run(self, job: Job) {
        let _running = self.jobs.until_dropped(&job);
        request_id::scope(job.id.to_string(), async {
            log::info!("attempt {} of {} begins", job.attempt, job.url);
            let began = Instant::now();
            let ending = self.run_to_end(&job, began).await;
            self.tally.ended(ending, began);
        })
        .await;
    }

    async fn run_to_end(&self, job: &Job, began: Instant) -> Ending {
        let viewer = match self.cookies.viewer(&self.client, job.user_id).await {
            Ok(viewer) => viewer,
            Err(error) => {
                log::warn!("cannot ask for the user's cookies: {}", Chain(&error));
                return self.release(job).await;
            }
        };
        let (state, cancel) = self.jobs.controls(job);
        let (url, options) = (job.url.clone(), job.options.clone());
        let cookies = viewer.map(Viewer::into_cookies);
        let spec = JobSpec { id: job.id, url, options, cookies, proxy: None };
        match self.engine.download(spec, state, cancel.clone()).await {
            Ok(file) => self.complete(job, file, began, &cancel).await,
            Err(JobEnd::Failed(failure)) => {
                log::warn!("failed, {}: {}", failure.code().slug(), failure.detail);
                self.fail(job, failure.problem, wire::outlook(failure.outlook)).await
            }
            Err(JobEnd::Cancelled) => {
                log::info!("cancelled");
                Ending::Cancelled
            }
            Err(JobEnd::Interrupted) => self.release(job).await,
        }
    }

    /// Puts the file away and says so; if the row is no longer ours, the file goes again.
    async fn complete(
        &self,
        job: &Job,
        fetched: FetchedFile,
        began: Instant,
        cancel: &CancellationToken,
    ) -> Ending {
        self.jobs.note_storing(job);
        let (key, file) = match self.store_file(job, &fetched, cancel).await {
            Ok(stored) => stored,
            Err(error) => return self.not_stored(job, error, cancel).await,
        };
        self.engine.engine().discard(job.id).await;
        let retain_ms = self.settings.retention.map(millis);
        let known = wire::known_from_file(&fetched);
        let forgives_site = self.jobs.take_complaint_before(began);
        let size_bytes = file.size_bytes;
        let outcome = Outcome::Completed { file, known, retain_ms, forgives_site };
        match self.finish(job, outcome).await {
            Ok(_) => {
                log::info!("completed");
                self.tally.fetched(size_bytes);
                return Ending::Completed;
            }
            Err(error) if error.code() == Some(ErrorCode::LeaseLost) => {
                log::info!("completed too late; the job is no longer ours");
                self.remove(key).await;
            }
            Err(error) if error.code() == Some(ErrorCode::QuotaExceeded) => {
                log::info!("completed, but the user's storage has no room for it");
                self.remove(key).await;
                return self.fail(job, beyond_quota(), Outlook::Permanent).await;
            }
            // The lease will lapse and the job run again; its file then gets a key of its own.
            Err(error) => log::error!("cannot tell that the job completed: {}", Chain(&error)),
        }
        Ending::Lost
    }

    async fn store_file(
        &self,
        job: &Job,
        fetched: &FetchedFile,
        cancel: &CancellationToken,
    ) -> Result<(StorageKey, StoredFile), StoringError> {
        let key: StorageKey = storage_key(job, fetched).parse()?;
        let stop = self.hurry.child_token();
        let stopping = async {
            cancel.cancelled().await;
            stop.cancel();
            future::pending::<Infallible>().await
        };
        let put = tokio::select! {
            put = self.store.put(&key, &fetched.path, &stop) => put?,
            never = stopping => match never {},
        };
        let file = StoredFile {
            key: key.to_string(),
            filename: file_name(&fetched.title, &fetched.ext),
            size_bytes: put.size_bytes,
            crc32: put.crc32,
            sha256: put.sha256,
        };
        Ok((key, file))
    }

    /// The file was fetched and is not in the store. Where the same may succeed later, it waits in the
    /// job's directory for the next attempt.
    async fn not_stored(
        &self,
        job: &Job,
        error: StoringError,
        cancel: &CancellationToken,
    ) -> Ending {
        match &error {
            StoringError::Store(StoreError::Stopped) if cancel.is_cancelled() => {
                log::info!("cancelled");
                self.engine.engine().discard(job.id).await;
                return Ending::Cancelled;
            }
            StoringError::Store(StoreError::Stopped) => return self.release(job).await,
            StoringError::Store(error) if error.is_passing() => {}
            _ => self.engine.engine().discard(job.id).await,
        }
        log::error!("cannot put the file away: {}", Chain(&error));
        self.fail(job, MediaProblem::from(media_code(&error)), Outlook::Transient).await
    }

    async fn fail(&self, job: &Job, problem: MediaProblem, outlook: Outlook) -> Ending {
        let code = problem.error_code;
        if outlook == Outlook::SitePause {
            self.jobs.note_complaint(Instant::now());
        }
        match self.finish(job, Outcome::Failed { problem, outlook }).await {
            Ok(record) => {
                let status = record.download.status;
                match status {
                    Status::Pending => log::info!("will be tried again"),
                    // Nobody will go on with what was fetched.
                    _ => self.engine.engine().discard(job.id).await,
                }
                return Ending::of_failure(code, status);
            }
            Err(error) if error.code() == Some(ErrorCode::LeaseLost) => {
                log::info!("failed too late; the job is no longer ours");
            }
            Err(error) => log::error!("cannot tell that the job failed: {}", Chain(&error)),
        }
        Ending::Lost
    }

    async fn release(&self, job: &Job) -> Ending {
        match self.client.release_job(job.id, &Release { holder: self.holder(job) }).await {
            Ok(()) => log::info!("handed back"),
            // The lease lapses by itself.
            Err(error) => log::warn!("cannot hand the job back: {}", Chain(&error)),
        }
        Ending::Released
    }

    /// Tells the end of a job, again and again while the database is away: the work is done, and
    /// telling it twice changes nothing.
    async fn finish(&self, job: &Job, outcome: Outcome) -> Result<DownloadRecord, DbError> {
        let finish = Finish { holder: self.holder(job), outcome };
        let mut pause = FIRST_PAUSE;
        for _ in 1..FINISH_ATTEMPTS {
            match self.client.finish_job(job.id, &finish).await {
                Ok(record) => return Ok(record),
                Err(error) if is_passing(&error) => {
                    log::warn!("telling the end of the job failed: {}", Chain(&error));
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                Err(error) => return Err(error),
            }
        }
        self.client.finish_job(job.id, &finish).await
    }

    fn holder(&self, job: &Job) -> LeaseHolder {
        LeaseHolder { node_id: self.settings.node_id, attempt: job.attempt }
    }

    async fn remove(&self, key: StorageKey) {
        if let Err(error) = self.store.remove(&key).await {
            log::error!("cannot remove a file that is not wanted: {}", Chain(&error));
        }
    }
}

/// Every attempt has a key of its own, so that one that lost its lease and wakes up late can never
/// touch the file of the one that took over.
fn storage_key(job: &Job, fetched: &FetchedFile) -> String {
    let stem = ascii_stem(&fetched.title);
    let attempt = if job.attempt > 1 { format!("-{}", job.attempt) } else { String::new() };
    let name = format!("{stem}{attempt}.{}", fetched.ext);
    match (job.batch_id, job.playlist_id) {
        // A batch holds a video once, but perhaps two of one title.
        (Some(batch), _) => {
            format!("{BATCH_FILES}/{batch}/{stem}-{}{attempt}.{}", job.video_id, fetched.ext)
        }
        (_, Some(playlist)) => {
            format!("{PLAYLIST_FILES}/{playlist}/{:03}_{name}", job.position.unwrap_or_default())
        }
        (None, None) => format!("{SINGLE_FILES}/{}/{name}", job.id),
    }
}

fn beyond_quota() -> MediaProblem {
    MediaProblem {
        error_code: MediaErrorCode::FileTooLarge,
        error: "This file is larger than what is left of your storage.".to_owned(),
        remedy: "Delete downloads that you no longer need, or choose a lower quality.".to_owned(),
    }
}

fn media_code(error: &StoringError) -> MediaErrorCode {
    match error {
        StoringError::Store(error) if error.is_disk_full() => MediaErrorCode::DiskFull,
        _ => MediaErrorCode::EngineError,
    }
}

/// Whether asking again may be answered.
pub(super) fn is_passing(error: &DbError) -> bool {
    match error {
        DbError::Refused { problem, .. } => problem.status >= 500,
        DbError::Request(_) => false,
        _ => true,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
