//! A download: its attempts, and how it ends.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use common_types::MediaErrorCode;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    FetchedFile, JobEnd, JobSpec, JobState, MediaFailure, Outlook, Proxy, classify, fetched,
    found::FoundStore,
    job_dir,
    progress::Progress,
    room::Promise,
    shared::{Shared, broken, unprepared},
    watchdog::Watchdog,
    wire::{Answer, Event, Facts, Request, Task},
    worker::{Lost, Worker},
};

const LOOK: Duration = Duration::from_secs(1);

/// Runs a job to its end, and leaves its directory as [`JobEnd`] says.
pub(crate) async fn run(
    shared: &Shared,
    spec: JobSpec,
    state: watch::Sender<JobState>,
    cancel: CancellationToken,
) -> Result<FetchedFile, JobEnd> {
    let entry = tokio::select! {
        biased;
        () = ending(shared, &cancel) => None,
        entry = shared.running.enter(spec.id) => Some(entry),
    };
    // The directory is still that of an earlier attempt.
    let Some(_entry) = entry else { return Err(untimely_end(&cancel)) };
    let turn = tokio::select! {
        biased;
        () = ending(shared, &cancel) => None,
        turn = shared.jobs.take() => turn,
    };
    let job = Job {
        directory: shared.places.job(spec.id),
        deadline: Instant::now() + shared.config.job_timeout,
        progress: Progress::new(state),
        shared,
        spec,
        cancel,
    };
    let outcome = if turn.is_some() { job.attempts().await } else { Err(job.untimely()) };
    match outcome {
        Ok(file) => {
            job.take_back_cookies().await;
            Ok(file)
        }
        Err(ending) => {
            job.leave(ending.is_a_start).await;
            Err(ending.end)
        }
    }
}

struct Job<'a> {
    shared: &'a Shared,
    spec: JobSpec,
    directory: PathBuf,
    deadline: Instant,
    progress: Progress,
    cancel: CancellationToken,
}

/// How one attempt ended without a file.
enum Stop {
    /// yt-dlp gave up, or our code in the worker did.
    Told(Box<Facts>),
    /// We gave up on it.
    Judged(MediaFailure),
    Lost(Lost),
    Untimely,
}

impl From<Lost> for Stop {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Overstepped(failure) => Self::Judged(failure),
            lost @ Lost::Ended(_) => Self::Lost(lost),
        }
    }
}

/// What one attempt works with, all of it within its worker's reach.
struct Set {
    directory: PathBuf,
    cache: PathBuf,
    cookies: Option<PathBuf>,
    found: Option<PathBuf>,
}

/// How a job ended without a file.
struct Ending {
    end: JobEnd,
    /// Whether what has come is sound, and another attempt of the job may go on from there.
    is_a_start: bool,
}

/// What an attempt may still be followed by.
struct Chances {
    lost: bool,
    expired: bool,
}

impl Job<'_> {
    /// One attempt, and another one where the last failed for a reason that the next may not have.
    async fn attempts(&self) -> Result<FetchedFile, Ending> {
        let mut chances = Chances { lost: true, expired: true };
        // What was found for everyone is not what this user would be shown.
        let is_public = self.spec.cookies.is_none();
        let mut found = self.shared.found.get(&self.spec.url).filter(|_| is_public);
        loop {
            let used_found = found.is_some();
            let stop = match self.attempt(found.take()).await {
                Ok(file) => return Ok(file),
                Err(stop) => stop,
            };
            if used_found {
                self.shared.found.forget(&self.spec.url);
            }
            let may_go_on = match &stop {
                Stop::Lost(_) => std::mem::take(&mut chances.lost),
                Stop::Told(facts) if classify::wants_fresh_addresses(facts) => {
                    std::mem::take(&mut chances.expired)
                }
                Stop::Told(facts) => used_found && classify::may_be_stale(facts),
                Stop::Judged(_) | Stop::Untimely => false,
            };
            if !may_go_on {
                return Err(self.ending_after(stop));
            }
        }
    }

    fn ending_after(&self, stop: Stop) -> Ending {
        let (failure, is_a_start) = match stop {
            Stop::Untimely => return self.untimely(),
            Stop::Lost(lost) => (broken(&lost), true),
            Stop::Judged(failure) => {
                let is_a_start = leaves_a_start(&failure);
                (failure, is_a_start)
            }
            Stop::Told(facts) => {
                let failure = classify::classify(&facts);
                // What we refused ourselves is the file, and what nobody understands may be.
                let is_sound =
                    facts.reason.is_none() && failure.code() != MediaErrorCode::EngineError;
                let is_a_start = is_sound && leaves_a_start(&failure);
                (failure, is_a_start)
            }
        };
        Ending { end: JobEnd::Failed(failure), is_a_start }
    }

    async fn attempt(&self, found: Option<PathBuf>) -> Result<FetchedFile, Stop> {
        self.progress.extracting();
        let (mut worker, set) = tokio::select! {
            biased;
            () = ending(self.shared, &self.cancel) => return Err(Stop::Untimely),
            prepared = self.prepare(found) => prepared?,
        };
        let request = self.request(&set);
        let outcome = match worker.ask(&request).await {
            Ok(()) => self.follow(&mut worker, &set.directory).await,
            Err(lost) => Err(lost.into()),
        };
        match &outcome {
            Ok(_) => self.shared.release(worker).await,
            Err(Stop::Told(_)) if self.progress.is_extracting() => {
                self.shared.release(worker).await;
            }
            // Threads of it may still be at work: only a kill ends them for sure.
            Err(_) => worker.kill().await,
        }
        let file = outcome?;
        // Only now is it out of the worker's reach.
        fetched::inspect(&file).map_err(|error| Stop::Lost(error.into()))?;
        Ok(file)
    }

    /// Brings a worker and the job's directory together.
    async fn prepare(&self, found: Option<PathBuf>) -> Result<(Worker, Set), Stop> {
        let unready = |error| Stop::Judged(unprepared(&error));
        job_dir::make_private(&self.directory).map_err(unready)?;
        let own = self.spec.cookies.as_ref();
        let mut worker = self.shared.worker(own).await?;
        let directory = worker.lodging().take_in(&self.directory).map_err(unready)?;
        let cookies = self.shared.lend_cookies(&directory, own).await.map_err(unready)?;
        let found = match found {
            Some(found) => FoundStore::lend(&found, &directory).await,
            None => None,
        };
        let cache = worker.lodging().cache();
        Ok((worker, Set { directory, cache, cookies, found }))
    }

    fn request<'a>(&'a self, set: &'a Set) -> Request<'a> {
        let options = &self.spec.options;
        let embedded = options.subtitles.as_ref().filter(|subtitles| subtitles.embed);
        Request {
            url: &self.spec.url,
            directory: &set.directory,
            cache: &set.cache,
            cookies: set.cookies.as_deref(),
            proxy: self.spec.proxy.as_ref().map(Proxy::expose),
            task: Task::Download {
                format: options.format.slug(),
                height: options.quality.height(),
                audio_kbps: options.quality.audio_kbps(),
                subtitle_languages: embedded.map(|s| s.languages.as_slice()).unwrap_or_default(),
                embed_metadata: options.embed_metadata,
                sponsorblock_remove: options
                    .sponsorblock_remove
                    .iter()
                    .map(|category| category.slug())
                    .collect(),
                found: set.found.as_deref(),
            },
        }
    }

    /// Hears the worker out, and everything else that can end an attempt.
    async fn follow(&self, worker: &mut Worker, inside: &Path) -> Result<FetchedFile, Stop> {
        let config = &self.shared.config;
        // It may write beside the job's directory too.
        let place = worker.lodging().path().to_owned();
        let mut dog = Watchdog::new(&place, config, self.shared.room.floor_bytes());
        let mut promise = None;
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = ending(self.shared, &self.cancel) => return Err(Stop::Untimely),
                () = sleep_until(self.deadline) => {
                    let detail = format!("the deadline of {:?} passed", config.job_timeout);
                    let failure = MediaFailure::new(MediaErrorCode::TimedOut, detail);
                    return Err(Stop::Judged(failure));
                }
                _ = ticks.tick() => {
                    dog.look().await.map_err(Stop::Judged)?;
                    promise.iter().for_each(|promise: &Arc<Promise>| promise.holds(dog.size()));
                }
                event = worker.next() => match event? {
                    Event::Chosen { bytes } => {
                        // Whatever an earlier choice was promised is void.
                        drop(promise.take());
                        promise = Some(self.find_room(bytes, inside).await?);
                        worker.answer(Answer::Go).await?;
                        dog.sign();
                    }
                    event => {
                        if let Some(file) = self.hear(event, &mut dog, inside)? {
                            return Ok(file);
                        }
                    }
                }
            }
        }
    }

    async fn find_room(&self, bytes: Option<u64>, inside: &Path) -> Result<Arc<Promise>, Stop> {
        self.shared.room.promise(bytes, inside).await.map_err(Stop::Judged)
    }

    fn hear(
        &self,
        event: Event,
        dog: &mut Watchdog,
        inside: &Path,
    ) -> Result<Option<FetchedFile>, Stop> {
        match event {
            Event::Found(found) => {
                dog.sign();
                self.progress.found(found);
            }
            Event::Bytes { done, total, speed } => {
                dog.bytes(done);
                self.progress.bytes(done, total, speed);
            }
            Event::Processing => {
                dog.sign();
                self.progress.processing();
            }
            Event::Done { result, .. } => {
                let file = fetched::read(result, inside, &self.directory)
                    .map_err(|error| Stop::Lost(error.into()))?;
                self.progress.finished(file.size_bytes);
                return Ok(Some(file));
            }
            Event::Failed(facts) => return Err(Stop::Told(Box::new(facts))),
            other => log::debug!("a worker said {other:?} during a download"),
        }
        Ok(None)
    }

    fn untimely(&self) -> Ending {
        let end = untimely_end(&self.cancel);
        let is_a_start = end == JobEnd::Interrupted;
        Ending { end, is_a_start }
    }

    /// The file may lie here for a while until it is put away; the cookies need not.
    async fn take_back_cookies(&self) {
        let directory = self.directory.clone();
        let taken =
            tokio::task::spawn_blocking(move || job_dir::take_back_cookies(&directory)).await;
        if let Ok(Err(error)) = taken {
            log::warn!("taking the cookies back from job {} failed: {error}", self.spec.id);
        }
    }

    /// Leaves the directory for another attempt where it holds the start of a file, else removes it.
    async fn leave(&self, is_a_start: bool) {
        let directory = self.directory.clone();
        let leave = move || {
            if is_a_start && job_dir::holds_a_start(&directory) {
                job_dir::take_back_cookies(&directory)
            } else {
                job_dir::remove(&directory)
            }
        };
        if let Ok(Err(error)) = tokio::task::spawn_blocking(leave).await {
            log::warn!("clearing up after job {} failed: {error}", self.spec.id);
        }
    }
}

/// Resolves when someone wants the job to end.
async fn ending(shared: &Shared, cancel: &CancellationToken) {
    tokio::select! {
        () = cancel.cancelled() => {}
        () = shared.stopping.cancelled() => {}
    }
}

fn untimely_end(cancel: &CancellationToken) -> JobEnd {
    if cancel.is_cancelled() { JobEnd::Cancelled } else { JobEnd::Interrupted }
}

/// Whether another attempt is worth its while, and has room for what is here already: on a full disk,
/// what is here is what fills it.
fn leaves_a_start(failure: &MediaFailure) -> bool {
    failure.outlook != Outlook::Permanent && failure.code() != MediaErrorCode::DiskFull
}
