//! From a platform and a configuration to a running service.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::web;
use db_client::DbConnector;
use egress_guard::Guard;
use media_engine::{Engine, EngineConfig, Sandbox};
use service_kit::{
    Config, Running, Serve, StartError,
    config::{LiveValues, SandboxMode},
    metrics::disk::{self, Watched},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    Platform,
    cookies::CookieJars,
    engines::{self, Engines},
    feed::{Feed, Follower, Teller},
    guarded::{self, GuardedEngine},
    info::InfoCache,
    playlists::PlaylistCache,
    routes::{self, Context},
    runner::{Jobs, Runner, RunnerSettings},
    sandbox, storage,
    sweeper::Sweeper,
    thumbnails::Thumbnails,
};

/// A probe that takes longer is of no use to whoever waits for it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(45);
const MAX_PROBES: usize = 2;
const HTTP_WORKERS: usize = 2;

/// Starts the service of `platform` at `bind`: its engine, its job runner and its routes.
///
/// # Errors
/// When the engine's tools are missing, a directory cannot be made or the address be bound.
pub async fn start(
    platform: impl Platform,
    bind: SocketAddr,
    config: Config,
) -> Result<Running, StartError> {
    let platform: Arc<dyn Platform> = Arc::new(platform);
    let store = storage::open(&config.storage).await?;
    // Before it starts: what changes meanwhile is noticed.
    let engines = Engines::of(&config);
    let used = engines.yt_dlp();
    let guarded = start_engine(platform.as_ref(), &config).await?;
    let engine = guarded.engine().clone();
    let directory = config.data_dir.join("thumbnails").join(platform.name());
    let thumbnails = Thumbnails::open(directory.clone(), guarded.clone(), Arc::clone(&platform))
        .map_err(|error| StartError::internal("cannot keep thumbnails", error))?;
    let connector = DbConnector::new(platform.service_name(), &config);
    let settings = RunnerSettings::new(&config);
    let cookies = CookieJars::new(config.internal_secret.expose(), Arc::clone(&platform))
        .map_err(|error| StartError::internal("cannot derive the key of cookies", error))?;
    let (of_runner, keeper) = (Arc::clone(&platform), cookies.clone());
    let runner = Runner::new(of_runner, guarded.clone(), store.clone(), settings, keeper);
    let sweeper =
        Sweeper::new(Arc::clone(&platform), engine.clone(), store.clone(), directory, config.lease);
    let context = Context {
        info: InfoCache::new(guarded.clone(), Arc::clone(&platform)),
        playlists: PlaylistCache::new(guarded),
        max_batch_urls: config.max_batch_urls,
        max_playlist_items: config.max_playlist_items,
        platform,
        engine,
        store,
        thumbnails,
        jobs: runner.jobs(),
        feed: Feed::new(),
        cookies,
    };
    let feed = context.feed.clone();
    let teller = Teller::new(feed.clone(), connector.connect(), Arc::clone(&context.platform));
    let (engine, jobs) = (context.engine.clone(), context.jobs.clone());
    let followed_engine = context.engine.clone();
    let (tally, measured) = (runner.tally(), engine.clone());
    let disks = disks(&config);
    let client = connector.clone();
    let running = Serve::new(context.platform.service_name(), bind, &config)
        .workers(HTTP_WORKERS)
        .start(move |routes| {
            let client = web::Data::new(client.connect());
            routes::configure(routes, context.clone(), client);
        })?;
    let (draining, at_work) = (running.draining().token(), jobs.clone());
    let running = running.busy_while(move || at_work.are_any());
    let sweeper_connector = connector.clone();
    let changes = config.live.subscribe();
    Ok(following(running, &feed, &connector)
        .background("feed", |shutdown| feed.close_at(shutdown))
        .background("teller", |shutdown| teller.run(shutdown))
        .background("job runner", |shutdown| runner.run(connector.connect(), draining, shutdown))
        .background("reloader", |shutdown| follow(changes, engine, jobs, shutdown))
        .background("engines", |shutdown| engines::follow(engines, used, followed_engine, shutdown))
        .background("gauges", |shutdown| tally.measure(measured, shutdown))
        .background("disks", |shutdown| disk::watch(disks, shutdown))
        .background("sweeper", |shutdown| sweeper.run(sweeper_connector.connect(), shutdown)))
}

/// Follows every db-service.
fn following(running: Running, feed: &Feed, connector: &DbConnector) -> Running {
    connector.each().iter().fold(running, |running, one| {
        let follower = Follower::new(feed.clone(), one.connect());
        running.background("changes", |shutdown| follower.run(shutdown))
    })
}

/// The guard first: the engine has no other way out.
async fn start_engine(
    platform: &dyn Platform,
    config: &Config,
) -> Result<GuardedEngine, StartError> {
    let guard = guarded::start_guard(config, platform.resolver())
        .map_err(|error| StartError::internal("cannot start the egress guard", error))?;
    let engine_config = engine_config(platform, config, &guard);
    let limits = guarded::Limits::beyond(&engine_config);
    let engine = Engine::start(engine_config)
        .await
        .map_err(|error| StartError::internal("cannot start the download engine", error))?;
    sandbox::publish(&engine.sandbox());
    Ok(GuardedEngine::new(engine, guard, limits))
}

/// What this service fills: the directory where downloads are put together, and the store, where
/// that is a directory too.
fn disks(config: &Config) -> Vec<Watched> {
    let store = config.storage.directory().map(|path| ("store", path.clone()));
    let work = ("work", config.data_dir.join("work"));
    let disks = store.into_iter().chain([work]);
    disks.map(|(purpose, path)| Watched { purpose, path }).collect()
}

/// Takes over how many downloads may run at a time, whenever that changes. Fewer means that no more
/// start until enough have ended.
async fn follow(
    mut changes: watch::Receiver<LiveValues>,
    engine: Engine,
    jobs: Jobs,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        let max_jobs = changes.borrow_and_update().max_concurrent_downloads;
        engine.set_max_jobs(usize::try_from(max_jobs).unwrap_or(usize::MAX));
        jobs.wake();
    }
}

fn engine_config(platform: &dyn Platform, config: &Config, guard: &Guard) -> EngineConfig {
    let yt_dlp = Engines::of(config).yt_dlp();
    let work_dir = config.data_dir.join("work").join(platform.name());
    let mut engine = EngineConfig::new(yt_dlp, work_dir);
    if let Some(ffmpeg) = &config.ffmpeg {
        engine.ffprobe = ffmpeg.with_file_name("ffprobe");
        engine.ffmpeg.clone_from(ffmpeg);
    }
    engine.max_jobs = usize::try_from(config.max_concurrent_downloads).unwrap_or(usize::MAX);
    engine.max_probes = MAX_PROBES;
    // Without a pass it lets nobody in: what forgets to get one reaches nothing.
    engine.proxy = Some(guard.url().clone());
    engine.connect_ports = vec![guard.port()];
    engine.ca_file.clone_from(&config.egress_ca_file);
    engine.sandbox = match config.sandbox {
        SandboxMode::BestEffort => Sandbox::BestEffort,
        SandboxMode::Required => Sandbox::Required,
        SandboxMode::Off => Sandbox::Off,
    };
    engine.cookies_file.clone_from(&config.cookies_file);
    engine.job_timeout = config.download_timeout;
    engine.probe_timeout = PROBE_TIMEOUT;
    engine.max_file_bytes = config.max_file_bytes;
    engine.allowed_extractors = platform.extractors().iter().map(|&name| name.to_owned()).collect();
    engine.extractor_args = platform.extractor_args();
    engine.warm_up = platform.warm_up().map(str::to_owned);
    engine
}
