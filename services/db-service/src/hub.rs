//! Tells of every committed change once, to whoever listens at that moment: listeners of this
//! process, and, where there is a Redis, those of every db-service. Gateways hear there that a session
//! or a key has ended.

use std::{fmt::Display, sync::Arc};

use cluster::{Bus, Heard, LocalBus, RedisAddress, RedisBus};
use common_types::internal::{
    accounts::RevocationNews,
    changes::{ChangedKind, Changes, Mark},
};
use serde::{Serialize, de::DeserializeOwned};
use service_kit::{Config, ConfigError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Where changes are told. Clones are the same.
#[derive(Clone)]
pub(crate) struct Hub {
    bus: Arc<dyn Bus<Changes>>,
    shared: Option<Shared>,
    /// Ends what listens, so that a server that stops need not wait for it.
    closed: CancellationToken,
}

/// What needs to be run.
#[derive(Clone)]
struct Shared {
    /// The hub's bus again.
    changes: Arc<RedisBus<Changes>>,
    /// Without Redis gateways find out when they look next.
    revocations: Arc<RedisBus<RevocationNews>>,
}

impl Hub {
    /// Over Redis if one is configured.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let Some(url) = &config.redis_url else {
            let bus = Arc::new(LocalBus::default());
            return Ok(Self { bus, shared: None, closed: CancellationToken::new() });
        };
        let address = url.expose().parse().map_err(invalid)?;
        let changes = shared_bus(&address, "changes")?;
        let revocations = shared_bus(&address, RevocationNews::CHANNEL)?;
        let bus = Arc::clone(&changes);
        let shared = Some(Shared { changes, revocations });
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
            Some(Shared { changes, revocations }) => {
                tokio::join!(changes.run(shutdown.clone()), revocations.run(shutdown));
            }
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

    /// Tells gateways that sessions or keys have ended.
    pub(crate) fn tell_revoked(&self) {
        if let Some(Shared { revocations, .. }) = &self.shared {
            revocations.publish(RevocationNews {});
        }
    }
}

fn shared_bus<M: Serialize + DeserializeOwned + Send + Sync + 'static>(
    address: &RedisAddress,
    name: &'static str,
) -> Result<Arc<RedisBus<M>>, ConfigError> {
    Ok(Arc::new(RedisBus::new(address, name).map_err(invalid)?))
}

fn invalid(error: impl Display) -> ConfigError {
    ConfigError::invalid("MAGPIE_REDIS_URL", error)
}
