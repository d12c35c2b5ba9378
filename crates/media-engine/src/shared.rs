//! What every request needs of the engine.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use common_types::{MediaErrorCode, health::EngineVersions};
use tokio::{sync::Semaphore, time::interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    Cookies, EngineConfig, EngineError, MediaFailure, Sandbox, code,
    found::FoundStore,
    job_dir::{self, Places},
    pool::Pool,
    room::Room,
    running::Running,
    supervisor::{Learnt, Supervisor},
    tools::{self, Tools},
    trust,
    turns::Turns,
    warden::Warden,
    wire::{self, SandboxReport},
    worker::{Lost, Worker},
    zygote::Launch,
};

const HOUSEKEEPING: Duration = Duration::from_secs(20);

/// The engine's parts; one of each.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: EngineConfig,
    pub(crate) places: Places,
    pub(crate) found: FoundStore,
    pub(crate) jobs: Turns,
    pub(crate) running: Running,
    pub(crate) room: Room,
    pub(crate) probes: Semaphore,
    pub(crate) walks: Semaphore,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pool: Pool,
    warden: Arc<Warden>,
    supervisor: Arc<Supervisor>,
    launch: Launch,
    ffmpeg_version: Mutex<String>,
}

impl Shared {
    pub(crate) async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let tools = Tools::find(&config).await?;
        let (places, launch) = prepare(&config, &tools)?;
        let stopping = CancellationToken::new();
        let supervisor = Supervisor::start(launch.clone(), stopping.clone()).await?;
        if let Err(error) = admit(&config, supervisor.learnt()) {
            stopping.cancel();
            supervisor.end().await;
            return Err(error);
        }
        let warden = Warden::new(&config);
        Ok(Self {
            found: FoundStore::new(places.found()),
            jobs: Turns::new(config.max_jobs),
            running: Running::default(),
            room: Room::new(&config.work_dir, config.min_free_bytes),
            probes: Semaphore::new(config.max_probes),
            walks: Semaphore::new(config.max_walks),
            tasks: TaskTracker::new(),
            pool: Pool::new(places.clone(), Arc::clone(&warden)),
            warden,
            launch,
            ffmpeg_version: Mutex::new(tools.ffmpeg_version),
            config,
            places,
            stopping,
            supervisor,
        })
    }

    pub(crate) fn versions(&self) -> EngineVersions {
        let learnt = self.supervisor.learnt();
        EngineVersions {
            yt_dlp: learnt.yt_dlp,
            ffmpeg: Some(
                self.ffmpeg_version.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ),
            js_runtime: learnt.js_runtime,
        }
    }

    pub(crate) fn sandbox(&self) -> SandboxReport {
        self.supervisor.learnt().sandbox
    }

    /// Goes on with the tools of another environment.
    pub(crate) async fn go_on_with(&self, yt_dlp: PathBuf) -> Result<(), EngineError> {
        let config = EngineConfig { yt_dlp, ..self.config.clone() };
        let tools = Tools::find(&config).await?;
        // What runs with the one before finds its programs where they were.
        let tools_dir = self.places.tools_of(&tools.python);
        job_dir::make_private(&tools_dir)
            .and_then(|()| tools.link_into(&tools_dir))
            .map_err(|source| EngineError::WorkDir { path: tools_dir.clone(), source })?;
        let mut launch = self.launch.clone();
        launch.path = tools.search_path();
        launch.python.clone_from(&tools.python);
        launch.settings.tools_dir = tools_dir.to_string_lossy().into_owned();
        self.supervisor.succeed(launch, |learnt| admit(&config, learnt)).await?;
        *self.ffmpeg_version.lock().unwrap_or_else(PoisonError::into_inner) = tools.ffmpeg_version;
        self.pool.thin_out();
        Ok(())
    }

    pub(crate) async fn warmed_up(&self) {
        self.supervisor.warmed_up().await;
    }

    /// A worker for one request, with these cookies or else the operator's. With any it is new, and
    /// must not see another request.
    pub(crate) async fn worker(&self, own: Option<&Cookies>) -> Result<Worker, Lost> {
        if own.is_none() && self.config.cookies_file.is_none() {
            return self.pool.take(&self.supervisor).await;
        }
        let mut worker = self.pool.fork(&self.supervisor).await?;
        worker.take_into_confidence();
        Ok(worker)
    }

    /// Takes back a worker whose request is done; the directory of a job is out of its reach.
    pub(crate) async fn release(&self, mut worker: Worker) {
        if let Err(error) = worker.lodging().see_off() {
            log::warn!("moving a job's directory out of its worker's failed: {error}");
            worker.kill().await;
        } else if worker.saw_cookies() || self.stopping.is_cancelled() {
            worker.kill().await;
        } else {
            self.pool.give_back(worker);
        }
    }

    /// A copy of cookies for one request, `own` or else the operator's: yt-dlp writes into the file
    /// it is given, and what it writes is not kept.
    pub(crate) async fn lend_cookies(
        &self,
        directory: &Path,
        own: Option<&Cookies>,
    ) -> io::Result<Option<PathBuf>> {
        let text = match (own, &self.config.cookies_file) {
            (Some(own), _) => own.expose().as_bytes().to_owned(),
            (None, Some(operators)) => tokio::fs::read(operators).await?,
            (None, None) => return Ok(None),
        };
        let copy = job_dir::lent_cookies(directory);
        let target = copy.clone();
        let write = move || job_dir::write_private(&target, &text);
        tokio::task::spawn_blocking(write).await.map_err(io::Error::other)??;
        Ok(Some(copy))
    }

    /// Removes the directory of a job that does not run.
    pub(crate) fn discard(&self, id: Uuid) -> io::Result<()> {
        let way_out = self.places.way_out();
        if self.running.take_out(id, &self.places.job(id), &way_out)? {
            job_dir::remove(&way_out)?;
        }
        Ok(())
    }

    /// Lets idle things go, until the engine is stopped.
    pub(crate) async fn keep_house(&self) {
        tokio::join!(self.warden.run(self.stopping.clone()), self.tidy_up());
    }

    async fn tidy_up(&self) {
        let mut ticks = interval(HOUSEKEEPING);
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                _ = ticks.tick() => {
                    self.pool.thin_out();
                    self.found.thin_out();
                }
            }
        }
    }

    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.pool.clear().await;
        self.supervisor.end().await;
    }
}

/// The engine itself broke; a worker may have been killed by the system for want of memory.
pub(crate) fn broken(lost: &Lost) -> MediaFailure {
    MediaFailure::new(MediaErrorCode::EngineError, lost.to_string())
}

/// Preparing a request's directory failed.
pub(crate) fn unprepared(error: &io::Error) -> MediaFailure {
    let full = error.kind() == io::ErrorKind::StorageFull;
    let code = if full { MediaErrorCode::DiskFull } else { MediaErrorCode::EngineError };
    MediaFailure::new(code, format!("preparing the directory failed: {error}"))
}

/// Whether what was found will do; says what holds workers back.
fn admit(config: &EngineConfig, learnt: Learnt) -> Result<(), EngineError> {
    let version = learnt.yt_dlp.unwrap_or_default();
    if !tools::is_recent(&version) {
        return Err(EngineError::YtDlpTooOld { found: version, floor: tools::YT_DLP_FLOOR });
    }
    let SandboxReport { in_force, missing } = learnt.sandbox;
    let (in_force, missing) = (in_force.join(", "), missing.join(", "));
    match config.sandbox {
        Sandbox::Off => log::warn!("the sandbox is off: a hostile video may reach all that we can"),
        _ if missing.is_empty() => log::info!("every job is confined: {in_force}"),
        Sandbox::Required => return Err(EngineError::NotConfined { missing }),
        Sandbox::BestEffort => log::warn!(
            "jobs are NOT fully confined, this system lacks: {missing}; in force: {in_force}"
        ),
    }
    Ok(())
}

fn prepare(config: &EngineConfig, tools: &Tools) -> Result<(Places, Launch), EngineError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| EngineError::WorkDir { path, source }
    };
    let places = Places::prepare(config).map_err(at(&config.work_dir))?;
    let engine = places.engine();
    tools.link_into(&places.tools()).map_err(at(&engine))?;
    let code_dir = code::install(&engine).map_err(at(&engine))?;
    let ca_bundle = match &config.ca_file {
        Some(extra) => Some(trust::write_bundle(extra, &engine).map_err(at(extra))?),
        None => None,
    };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let settings = wire::Settings {
        tools_dir: text(&places.tools()),
        home_dir: text(&places.home()),
        proxy: config.proxy.as_ref().map(ToString::to_string),
        trusts_system: ca_bundle.is_some(),
        allowed_extractors: config.allowed_extractors.clone(),
        extractor_args: config.extractor_args.clone(),
        max_file_bytes: config.max_file_bytes,
        max_memory_bytes: config.max_job_memory_bytes,
        is_confined: config.sandbox != Sandbox::Off,
        connect_ports: config.connect_ports.clone(),
        warm_up: config.warm_up.clone(),
    };
    let path = tools.search_path();
    Ok((places, Launch { python: tools.python.clone(), code_dir, path, ca_bundle, settings }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_with(sandbox: Sandbox, missing: &[&str], yt_dlp: &str) -> Result<(), EngineError> {
        let mut config = EngineConfig::new(PathBuf::new(), PathBuf::new());
        config.sandbox = sandbox;
        let missing = missing.iter().map(|&name| name.to_owned()).collect();
        let report = SandboxReport { in_force: vec!["files".to_owned()], missing };
        admit(
            &config,
            Learnt { yt_dlp: Some(yt_dlp.to_owned()), js_runtime: None, sandbox: report },
        )
    }

    #[test]
    fn a_required_sandbox_must_be_whole() {
        assert!(start_with(Sandbox::Required, &[], "2026.07.04").is_ok());
        let refused = start_with(Sandbox::Required, &["network", "calls"], "2026.07.04");
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("network, calls") && told.contains("MAGPIE_SANDBOX"), "{told}");
        assert!(start_with(Sandbox::BestEffort, &["network"], "2026.07.04").is_ok());
        assert!(start_with(Sandbox::Off, &[], "2026.07.04").is_ok());
    }

    #[test]
    fn an_old_yt_dlp_starts_nowhere() {
        for sandbox in [Sandbox::Off, Sandbox::BestEffort, Sandbox::Required] {
            let refused = start_with(sandbox, &[], "2026.06.09");
            assert!(matches!(refused, Err(EngineError::YtDlpTooOld { .. })));
        }
    }
}
