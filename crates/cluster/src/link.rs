//! One connection to Redis, kept up for as long as the process runs.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, PushInfo, RedisError, aio::MultiplexedConnection, cmd};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::RedisAddress;

/// A Redis that takes longer is as good as none: requests wait for it.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the connection is tried, be it up or down.
pub(crate) const PROBE_EVERY: Duration = Duration::from_secs(1);

/// What a link listens to.
pub(crate) struct Subscription {
    channel: String,
    /// Called on every connection once it listens, before anyone may use it.
    joined: Box<dyn Fn() + Send + Sync>,
}

/// The connection, where there is one at the moment.
pub(crate) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    subscription: Option<Subscription>,
    /// What it is for, for logs and metrics.
    purpose: &'static str,
    current: RwLock<Option<MultiplexedConnection>>,
}

/// Whether Redis answers, over a connection of its own.
///
/// # Errors
/// When it does not within a second or so.
pub async fn ping(address: &RedisAddress) -> Result<(), RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(CONNECT_TIMEOUT));
    let client = address.client()?;
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    cmd("PING").exec_async(&mut connection).await
}

impl Link {
    /// Connects to nothing yet.
    pub(crate) fn new(address: &RedisAddress, purpose: &'static str) -> Result<Self, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        let (client, current) = (address.client()?, RwLock::default());
        Ok(Self { client, config, subscription: None, purpose, current })
    }

    /// Listens to a channel, on every connection. `hear` must not wait.
    #[must_use]
    pub(crate) fn listening(
        self,
        channel: String,
        joined: impl Fn() + Send + Sync + 'static,
        hear: impl Fn(&PushInfo) + Send + Sync + 'static,
    ) -> Self {
        let hear = move |push: PushInfo| -> Result<(), ()> {
            hear(&push);
            Ok(())
        };
        let config = self.config.set_push_sender(hear);
        let subscription = Some(Subscription { channel, joined: Box::new(joined) });
        Self { config, subscription, ..self }
    }

    pub(crate) fn connection(&self) -> Option<MultiplexedConnection> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Spares others the wait for a connection that has just failed; it comes back with the next
    /// probe that succeeds.
    pub(crate) fn distrust(&self) {
        self.set(None);
    }

    /// Keeps the connection up until shutdown.
    pub(crate) async fn keep(&self, shutdown: &CancellationToken) {
        let mut is_known_to_fail = false;
        loop {
            let mut was_up = false;
            let lost = tokio::select! {
                () = shutdown.cancelled() => return,
                lost = self.hold(&mut was_up) => lost,
            };
            self.note(false);
            if was_up || !is_known_to_fail {
                log::warn!(purpose = self.purpose; "there is no connection to Redis: {lost}");
                is_known_to_fail = true;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(PROBE_EVERY) => {}
            }
        }
    }

    /// Connects, and stays until the connection is lost: why it was.
    async fn hold(&self, was_up: &mut bool) -> RedisError {
        let connecting = self.client.get_multiplexed_async_connection_with_config(&self.config);
        let mut connection = match connecting.await {
            Ok(connection) => connection,
            Err(error) => return error,
        };
        if let Some(Subscription { channel, joined }) = &self.subscription {
            if let Err(error) = connection.subscribe(channel).await {
                return error;
            }
            joined();
        }
        log::info!(purpose = self.purpose; "connected to Redis");
        *was_up = true;
        loop {
            if self.connection().is_none() {
                self.set(Some(connection.clone()));
                self.note(true);
            }
            sleep(PROBE_EVERY).await;
            // A peer that is gone without a word is noticed by this alone.
            if let Err(error) = cmd("PING").exec_async(&mut connection).await {
                return error;
            }
        }
    }

    fn set(&self, connection: Option<MultiplexedConnection>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    fn note(&self, is_up: bool) {
        if !is_up {
            self.distrust();
        }
        metrics::gauge!("cluster_redis_up", "purpose" => self.purpose).set(u8::from(is_up));
    }
}
