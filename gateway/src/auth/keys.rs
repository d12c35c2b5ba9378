//! The public keys of auth-service: fetched at the start, refreshed now and then, and at once when
//! a token names a key that is not among them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use auth_tokens::Verifier;
use service_kit::Chain;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::neighbours::Neighbours;

/// How long a key that was withdrawn may go on vouching.
const REFRESH_INTERVAL: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// Forged key ids must not become a stream of requests to auth-service.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// How long a request with an unknown key id waits for a refresh.
const REFRESH_PATIENCE: Duration = Duration::from_secs(3);

/// The keys that are known. One task fetches them; every worker reads and may ask for more.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    current: RwLock<Option<Arc<Verifier>>>,
    wanted: Notify,
    /// Counts the fetches that have ended, well or badly.
    fetches: watch::Sender<u64>,
}

impl Keys {
    /// The keys, once there are any.
    pub(crate) fn current(&self) -> Option<Arc<Verifier>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the keys have been fetched anew; all who wait share one fetch.
    pub(crate) async fn refreshed(&self) -> Option<Arc<Verifier>> {
        let mut fetches = self.fetches.subscribe();
        self.wanted.notify_one();
        // Late or failed, what there is then has to do.
        let _late = timeout(REFRESH_PATIENCE, fetches.changed()).await;
        self.current()
    }

    /// Fetches until shutdown.
    pub(crate) async fn keep_fresh(&self, neighbours: &Neighbours, shutdown: CancellationToken) {
        let mut is_failing = false;
        loop {
            let fetched = tokio::select! {
                () = shutdown.cancelled() => return,
                fetched = neighbours.keys() => fetched,
            };
            let begun = Instant::now();
            let pause = match fetched {
                Ok(verifier) => {
                    self.install(verifier);
                    is_failing = false;
                    REFRESH_INTERVAL
                }
                Err(error) => {
                    if !is_failing {
                        log::warn!("cannot fetch the signing keys: {}", Chain(&error));
                    }
                    is_failing = true;
                    RETRY_INTERVAL
                }
            };
            self.fetches.send_modify(|count| *count = count.wrapping_add(1));
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(pause) => {}
                () = self.wanted.notified() => {
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = sleep_until(begun + MIN_INTERVAL) => {}
                    }
                }
            }
        }
    }

    fn install(&self, verifier: Verifier) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(verifier));
    }

    /// Told of every fetch.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.fetches.subscribe()
    }
}
