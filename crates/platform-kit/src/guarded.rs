//! The engine behind the egress guard: every request has a pass of its own, which ends with it. What
//! tries to go where it must not is ended at once, with the worker that tried, and told as such.

use std::{convert::Infallible, future, io, path::Path, time::Duration};

use common_types::MediaErrorCode;
use egress_guard::{Allowance, Guard, GuardConfig, Overrun, Pass, Permit, Resolver, Rules};
use media_engine::{
    Engine, EngineConfig, ExtractedInfo, FetchedFile, ImageFile, JobEnd, JobSpec, JobState,
    MediaFailure, PlaylistPage, PlaylistSummary, Proxy, Target,
};
use service_kit::{Config, config::EgressPermit};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

const MEBIBYTE: u64 = 1024 * 1024;
/// What a page and all its scripts and manifests may take, with room for those of tomorrow.
const PROBE_BYTES: u64 = 256 * MEBIBYTE;
/// All pages of the longest list.
const WALK_BYTES: u64 = 4096 * MEBIBYTE;
const WALK_AGE: Duration = Duration::from_hours(6);
/// The engine's own limits come first; these hold where it is no longer itself.
const SLACK: Duration = Duration::from_secs(60);
/// Pictures and sound that are tried twice; what the limit of a file leaves room for.
const TRIES: u64 = 2;

/// Starts the guard that the configuration describes.
///
/// # Errors
/// When it cannot listen or run.
pub(crate) fn start_guard(config: &Config, resolver: Resolver) -> io::Result<Guard> {
    let permit = |permit: &EgressPermit| match permit.clone() {
        EgressPermit::Host { host, port } => Permit::Host { host, port },
        EgressPermit::Network(network) => Permit::Network(network),
    };
    Guard::start(GuardConfig {
        rules: Rules::new(config.egress_allow.iter().map(permit).collect()),
        resolver,
        upstream: config.egress_proxy.clone(),
        ..GuardConfig::default()
    })
}

/// How much the requests of one engine may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) job_bytes: u64,
    pub(crate) job_age: Duration,
    pub(crate) probe_age: Duration,
}

impl Limits {
    /// Somewhat more than the engine allows itself.
    pub(crate) fn beyond(engine: &EngineConfig) -> Self {
        Self {
            job_bytes: engine.max_file_bytes.saturating_mul(TRIES).saturating_add(PROBE_BYTES),
            job_age: engine.job_timeout.saturating_add(SLACK),
            probe_age: engine.probe_timeout.saturating_add(SLACK),
        }
    }
}

/// The engine, as everything that makes it fetch something knows it.
#[derive(Debug, Clone)]
pub(crate) struct GuardedEngine {
    engine: Engine,
    guard: Guard,
    limits: Limits,
}

impl GuardedEngine {
    pub(crate) fn new(engine: Engine, guard: Guard, limits: Limits) -> Self {
        Self { engine, guard, limits }
    }

    /// For what fetches nothing.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// As [`Engine::info`].
    pub(crate) async fn info(&self, target: Target) -> Result<ExtractedInfo, MediaFailure> {
        let (pass, target) = self.lend("a probe", PROBE_BYTES, self.limits.probe_age, target)?;
        until_refused(&pass, self.engine.info(target)).await
    }

    /// As [`Engine::playlist`].
    pub(crate) async fn playlist(
        &self,
        target: Target,
        offset: u32,
        limit: u32,
    ) -> Result<PlaylistPage, MediaFailure> {
        let age = self.limits.probe_age;
        let (pass, target) = self.lend("a page of a list", PROBE_BYTES, age, target)?;
        until_refused(&pass, self.engine.playlist(target, offset, limit)).await
    }

    /// As [`Engine::enumerate`].
    pub(crate) async fn enumerate(
        &self,
        target: Target,
        first_index: u32,
        last_index: u32,
        pages: mpsc::Sender<PlaylistPage>,
        cancel: CancellationToken,
    ) -> Result<PlaylistSummary, JobEnd> {
        let lent = self.lend("a list", WALK_BYTES, WALK_AGE, target);
        let (pass, target) = lent.map_err(JobEnd::Failed)?;
        let stop = cancel.child_token();
        let walk = self.engine.enumerate(target, first_index, last_index, pages, stop.clone());
        let walked = stopped_if_refused(&pass, &stop, walk).await;
        walked.map_err(|end| judged_end(&pass, end, &cancel))
    }

    /// As [`Engine::download`].
    pub(crate) async fn download(
        &self,
        job: JobSpec,
        progress: watch::Sender<JobState>,
        cancel: CancellationToken,
    ) -> Result<FetchedFile, JobEnd> {
        let label = format!("job {}", job.id);
        let pass = self.open(label, self.limits.job_bytes, self.limits.job_age);
        let pass = pass.map_err(JobEnd::Failed)?;
        let (id, stop) = (job.id, cancel.child_token());
        let job = JobSpec { proxy: Some(proxy(&pass)), ..job };
        let download = self.engine.download(job, progress, stop.clone());
        let fetched = stopped_if_refused(&pass, &stop, download).await;
        match fetched {
            Ok(_) if met_refusal(&pass) => {
                // It had come to its end before it could be stopped.
                self.engine.discard(id).await;
                Err(JobEnd::Failed(refused(&pass)))
            }
            fetched => fetched.map_err(|end| judged_end(&pass, end, &cancel)),
        }
    }

    /// As [`Engine::thumbnail`].
    pub(crate) async fn thumbnail(
        &self,
        url: &str,
        dest: &Path,
        max_bytes: u64,
    ) -> Result<ImageFile, MediaFailure> {
        // TLS and a few redirects come on top.
        let (bytes, age) = (max_bytes.saturating_add(MEBIBYTE), self.limits.probe_age);
        let (pass, target) = self.lend("a picture", bytes, age, Target::from(url))?;
        until_refused(&pass, self.engine.thumbnail(target, dest, max_bytes)).await
    }

    fn lend(
        &self,
        label: &str,
        max_bytes: u64,
        max_age: Duration,
        target: Target,
    ) -> Result<(Pass, Target), MediaFailure> {
        let pass = self.open(label.to_owned(), max_bytes, max_age)?;
        let target = target.with_proxy(Some(proxy(&pass)));
        Ok((pass, target))
    }

    fn open(&self, label: String, max_bytes: u64, max_age: Duration) -> Result<Pass, MediaFailure> {
        self.guard.open(Allowance { label, max_bytes, max_age }).map_err(|error| {
            let detail = format!("the egress guard lets nobody in: {error}");
            MediaFailure::new(MediaErrorCode::EngineError, detail)
        })
    }
}

fn proxy(pass: &Pass) -> Proxy {
    Proxy::new(pass.proxy_url().clone())
}

/// Drops the work as soon as something is refused: yt-dlp would ask again and again.
async fn until_refused<T>(
    pass: &Pass,
    work: impl Future<Output = Result<T, MediaFailure>>,
) -> Result<T, MediaFailure> {
    tokio::select! {
        biased;
        () = pass.refused() => Err(refused(pass)),
        answer = work => answer.map_err(|failure| judged(pass, failure)),
    }
}

/// The same for work that has something to clear up.
async fn stopped_if_refused<T>(
    pass: &Pass,
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> T {
    let refused = async {
        pass.refused().await;
        stop.cancel();
        future::pending::<Infallible>().await
    };
    tokio::select! {
        answer = work => answer,
        never = refused => match never {},
    }
}

fn judged_end(pass: &Pass, end: JobEnd, cancel: &CancellationToken) -> JobEnd {
    match end {
        JobEnd::Failed(failure) => JobEnd::Failed(judged(pass, failure)),
        JobEnd::Cancelled if met_refusal(pass) && !cancel.is_cancelled() => {
            JobEnd::Failed(refused(pass))
        }
        end => end,
    }
}

fn met_refusal(pass: &Pass) -> bool {
    !pass.report().refusals.is_empty()
}

fn refused(pass: &Pass) -> MediaFailure {
    judged(pass, MediaFailure::new(MediaErrorCode::ForbiddenAddress, "stopped at once"))
}

/// yt-dlp and ffmpeg often swallow why a connection failed; the guard knows.
fn judged(pass: &Pass, failure: MediaFailure) -> MediaFailure {
    let report = pass.report();
    let code = match (report.overrun, report.refusals.first()) {
        (Some(Overrun::Bytes), _) => MediaErrorCode::FileTooLarge,
        (Some(Overrun::Age), _) => MediaErrorCode::TimedOut,
        (None, Some(_)) if failure.code() != MediaErrorCode::DiskFull => {
            MediaErrorCode::ForbiddenAddress
        }
        (None, _) => return failure,
    };
    let met = report.refusals.first();
    let met = met.map(|refusal| format!("refused {}: {}; ", refusal.target, refusal.reason));
    MediaFailure::new(code, format!("{}{}", met.unwrap_or_default(), failure.detail))
}

#[cfg(test)]
mod tests;
