//! Tells of every committed change once, to whoever listens at that moment: listeners of this
//! process, and, where there is a Redis, those of every db-service.

use std::sync::Arc;

use cluster::{Bus, Heard, LocalBus, RedisBus};
use common_types::internal::changes::{ChangedKind, Changes, Mark};
use service_kit::{Config, ConfigError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Where changes are told. Clones are the same.
#[derive(Clone)]
pub(crate) struct Hub {
    bus: Arc<dyn Bus<Changes>>,
    /// The bus again, where it needs to be run.
    shared: Option<Arc<RedisBus<Changes>>>,
    /// Ends what listens, so that a server that stops need not wait for it.
    closed: CancellationToken,
}

impl Hub {
    /// Over Redis if one is configured.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let Some(url) = &config.redis_url else {
            let bus = Arc::new(LocalBus::default());
            return Ok(Self { bus, shared: None, closed: CancellationToken::new() });
        };
        let invalid = |error: String| ConfigError::invalid("MAGPIE_REDIS_URL", error);
        let address = url.expose().parse().map_err(|error| invalid(format!("{error}")))?;
        let bus = RedisBus::new(&address, "changes").map_err(|error| invalid(error.to_string()))?;
        let bus = Arc::new(bus);
        let shared = Some(Arc::clone(&bus));
        Ok(Self { bus, shared, closed: CancellationToken::new() })
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Heard<Changes>> {
        self.bus.listen()
    }

    /// Cancelled when nothing more will be told.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Carries changes between processes until shutdown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        match &self.shared {
            Some(bus) => bus.run(shutdown).await,
            None => shutdown.cancelled().await,
        }
        self.closed.cancel();
    }

    /// Tells that these have changed; costs nothing while nobody listens.
    pub(crate) fn tell(&self, kind: ChangedKind, marks: impl IntoIterator<Item = Mark>) {
        if !self.bus.has_listeners() {
            return;
        }
        let marks: Vec<Mark> = marks.into_iter().collect();
        if !marks.is_empty() {
            self.bus.publish(Changes { kind, marks });
        }
    }
}
