//! That something has ended, heard at once where db-service and the gateways share a Redis.

use std::fmt::Display;

use cluster::{Bus, Heard, RedisBus};
use common_types::internal::accounts::RevocationNews;
use service_kit::{Config, ConfigError};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

/// Where news come from; nowhere without a Redis.
pub(crate) struct News(Option<RedisBus<RevocationNews>>);

impl News {
    /// Connects to nothing yet.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let Some(url) = &config.redis_url else { return Ok(Self(None)) };
        let address = url.expose().parse().map_err(invalid)?;
        Ok(Self(Some(RedisBus::new(&address, RevocationNews::CHANNEL).map_err(invalid)?)))
    }

    /// Hears news until shutdown.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        match &self.0 {
            Some(bus) => bus.run(shutdown).await,
            None => shutdown.cancelled().await,
        }
    }

    pub(super) fn listen(&self) -> Listener {
        Listener(self.0.as_ref().map(Bus::listen))
    }
}

fn invalid(error: impl Display) -> ConfigError {
    ConfigError::invalid("MAGPIE_REDIS_URL", error)
}

/// Who waits for news.
pub(super) struct Listener(Option<Receiver<Heard<RevocationNews>>>);

impl Listener {
    /// Forgets what was heard before now.
    pub(super) fn catch_up(&mut self) {
        self.0 = self.0.as_ref().map(Receiver::resubscribe);
    }

    /// Returns when there are news, or some may have been missed.
    pub(super) async fn hear(&mut self) {
        match &mut self.0 {
            // Too many to remember are news as well.
            Some(receiver) => drop(receiver.recv().await),
            None => std::future::pending().await,
        }
    }
}
