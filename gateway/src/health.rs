//! Whether the whole platform works, and whether this gateway can.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig},
};
use common_types::health::{Health, PlatformHealth, ServiceState};
use service_kit::{
    Endpoint, VERSION,
    health::{self, Unready},
};
use tokio::sync::Mutex;

use crate::{
    neighbours::{Condition, Neighbours},
    shared::Shared,
};

/// For how long an answer is given again, so that monitors cannot load the services.
const KEEP: Duration = Duration::from_secs(1);

/// What one worker found last.
struct Probe {
    neighbours: Neighbours,
    shared: Arc<Shared>,
    last: Mutex<Option<(Instant, PlatformHealth)>>,
}

pub(crate) fn mount(config: &mut ServiceConfig, shared: &Arc<Shared>) {
    config.app_data(Data::new(Probe {
        neighbours: Neighbours::connect(shared),
        shared: Arc::clone(shared),
        last: Mutex::new(None),
    }));
    Endpoint::at("/health").get(show_health).mount(config);
    let shared = Arc::clone(shared);
    health::mount_readyz(config, move || {
        let is_ready = shared.auth.is_ready();
        let detail = "The signing keys or the ended sessions are not known yet.";
        let amiss = move || Unready::new("auth-service", detail);
        async move { is_ready.then_some(()).ok_or_else(amiss) }
    });
}

async fn show_health(probe: Data<Probe>) -> HttpResponse {
    let health = probe.health().await;
    let status = match health.status {
        Health::Healthy | Health::Degraded => StatusCode::OK,
        Health::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).insert_header(("cache-control", "no-store")).json(health)
}

impl Probe {
    /// Those who ask at once wait for one look.
    async fn health(&self) -> PlatformHealth {
        let mut last = self.last.lock().await;
        if let Some((when, health)) = &*last
            && when.elapsed() < KEEP
        {
            return health.clone();
        }
        let health = self.look().await;
        *last = Some((Instant::now(), health.clone()));
        health
    }

    async fn look(&self) -> PlatformHealth {
        let services = &self.shared.services;
        let (auth, youtube, database) = tokio::join!(
            self.neighbours.condition(&services.auth),
            self.neighbours.condition(&services.youtube),
            self.neighbours.condition(&services.database),
        );
        let is_ready = |condition| condition == Condition::Ready;
        let is_current = self.shared.auth.revocations.is_current();
        let status = match (is_ready(auth) && is_ready(database), is_ready(youtube) && is_current) {
            (true, true) => Health::Healthy,
            (true, false) => Health::Degraded,
            (false, _) => Health::Unhealthy,
        };
        // Who waits for the database alone is not down.
        let needed = if is_ready(database) { Condition::Ready } else { Condition::Alive };
        let services = [
            ("auth", state(auth >= needed)),
            ("database", state(is_ready(database))),
            ("youtube", state(youtube >= needed)),
        ];
        let services = services.map(|(name, state)| (name.to_owned(), state));
        PlatformHealth { status, version: VERSION.to_owned(), services: BTreeMap::from(services) }
    }
}

fn state(is_running: bool) -> ServiceState {
    if is_running { ServiceState::Running } else { ServiceState::Down }
}
