//! This node's share of the queue: claim what there is room for, run it, tell how it ended.

mod expander;
mod expansion;
mod fullness;
mod heartbeat;
mod job;
mod jobs;
mod outage;

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use common_types::internal::jobs::{ClaimRequest, Job};
use db_client::{DbClient, DbError};
use media_store::Store;
use service_kit::Config;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Platform, cookies::CookieJars, guarded::GuardedEngine, tally::Tally};
use expander::Expander;
use fullness::Fullness;
use job::JobContext;
pub(crate) use jobs::Jobs;
use outage::Outage;

/// How long running jobs may go on once the process is to end; then they are handed back.
const DRAIN_GRACE: Duration = Duration::from_secs(3);

/// What the runner goes by.
#[derive(Debug, Clone)]
pub(crate) struct RunnerSettings {
    node_id: Uuid,
    lease: Duration,
    retention: Option<Duration>,
}

impl RunnerSettings {
    pub(crate) fn new(config: &Config) -> Self {
        Self { node_id: Uuid::now_v7(), lease: config.lease, retention: config.retention }
    }

    fn lease_ms(&self) -> u64 {
        u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Runs jobs of one platform on this node.
pub(crate) struct Runner {
    platform: Arc<dyn Platform>,
    engine: GuardedEngine,
    store: Store,
    settings: RunnerSettings,
    cookies: CookieJars,
    jobs: Jobs,
    /// Ends what is being put away, once the process has to.
    hurry: CancellationToken,
    tally: Tally,
}

impl Runner {
    pub(crate) fn new(
        platform: Arc<dyn Platform>,
        engine: GuardedEngine,
        store: Store,
        settings: RunnerSettings,
        cookies: CookieJars,
    ) -> Self {
        let (jobs, hurry) = (Jobs::default(), CancellationToken::new());
        let tally = Tally::of(platform.name());
        Self { platform, engine, store, settings, cookies, jobs, hurry, tally }
    }

    /// The jobs that run here, for handlers to wake and to abandon.
    pub(crate) fn jobs(&self) -> Jobs {
        self.jobs.clone()
    }

    /// What counts the attempts of this runner.
    pub(crate) const fn tally(&self) -> Tally {
        self.tally
    }

    /// Claims and runs until `draining`; from then on what runs goes on. At `shutdown` it has a grace
    /// period, and what still runs then is handed back to the queue at once rather than left to time
    /// out.
    pub(crate) async fn run(
        self,
        client: DbClient,
        draining: CancellationToken,
        shutdown: CancellationToken,
    ) {
        let client = Rc::new(client);
        let beating = CancellationToken::new();
        let heart = heartbeat::Heart {
            jobs: self.jobs.clone(),
            client: Rc::clone(&client),
            settings: self.settings.clone(),
        };
        let heart = actix_web::rt::spawn(heart.beat(beating.clone()));
        let expander = Expander::new(&self, &client);
        let (running, expanding) =
            tokio::join!(self.claim_until(&client, &draining), expander.run(&draining));
        shutdown.cancelled().await;
        self.drain(running, expanding).await;
        beating.cancel();
        // A panic in it was logged by the runtime; there is nothing left for it to do.
        let _ended = heart.await;
    }

    /// Claims and starts whatever there is room for; what still runs then is handed over.
    async fn claim_until(
        &self,
        client: &Rc<DbClient>,
        draining: &CancellationToken,
    ) -> JoinSet<()> {
        let mut running = JoinSet::new();
        let (mut outage, mut fullness) = (Outage::of("jobs"), Fullness::default());
        while !draining.is_cancelled() {
            let free = self.engine.engine().max_jobs().saturating_sub(running.len());
            let has_room = self.engine.engine().has_room().await;
            let places = fullness.places(free, has_room, Instant::now());
            let claimed = self.claim(client, places).await;
            let pause = outage.note(claimed.as_ref().err());
            for job in claimed.unwrap_or_default() {
                running.spawn_local(self.context(client).run(job));
            }
            tokio::select! {
                () = draining.cancelled() => {}
                () = self.jobs.woken() => {}
                () = tokio::time::sleep(pause) => {}
                Some(ended) = running.join_next() => note_panic(ended),
            }
        }
        running
    }

    /// A job for each of these places, as far as there are any.
    async fn claim(&self, client: &DbClient, places: usize) -> Result<Vec<Job>, DbError> {
        let slots = u32::try_from(places).unwrap_or(u32::MAX);
        if slots == 0 {
            return Ok(Vec::new());
        }
        let claim = ClaimRequest {
            platform: self.platform.name().to_owned(),
            node_id: self.settings.node_id,
            slots,
            lease_ms: self.settings.lease_ms(),
        };
        let sent = Instant::now();
        let claimed = client.claim_jobs(&claim).await?;
        for job in &claimed {
            self.jobs.enter(job, sent.checked_add(self.settings.lease).unwrap_or(sent));
        }
        Ok(claimed)
    }

    fn context(&self, client: &Rc<DbClient>) -> JobContext {
        JobContext {
            engine: self.engine.clone(),
            store: self.store.clone(),
            client: Rc::clone(client),
            jobs: self.jobs.clone(),
            settings: self.settings.clone(),
            cookies: self.cookies.clone(),
            hurry: self.hurry.clone(),
            tally: self.tally,
        }
    }

    async fn drain(&self, mut running: JoinSet<()>, mut expanding: JoinSet<()>) {
        let ended = async {
            while let Some(ended) = running.join_next().await {
                note_panic(ended);
            }
        };
        if tokio::time::timeout(DRAIN_GRACE, ended).await.is_err() {
            log::info!("handing {} unfinished jobs back to the queue", running.len());
        }
        self.hurry.cancel();
        self.engine.engine().stop().await;
        for tasks in [&mut running, &mut expanding] {
            while let Some(ended) = tasks.join_next().await {
                note_panic(ended);
            }
        }
    }
}

/// A job that panicked is a bug of ours; its lease lapses, and the job is tried again.
fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        log::error!("a job's task was lost: {error}");
    }
}
