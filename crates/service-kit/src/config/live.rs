//! What may change while a process runs: it is read anew on SIGHUP.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Config, ConfigError, Sources};

/// The values that are taken over without a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveValues {
    pub max_concurrent_downloads: u32,
}

/// The values in force, for everyone who holds a clone.
#[derive(Debug, Clone)]
pub struct LiveConfig(Arc<watch::Sender<LiveValues>>);

impl LiveConfig {
    pub(super) fn new(values: LiveValues) -> Self {
        Self(Arc::new(watch::Sender::new(values)))
    }

    /// Tells of every change from now on.
    pub fn subscribe(&self) -> watch::Receiver<LiveValues> {
        self.0.subscribe()
    }

    /// Reads the configuration again. The environment and the flags are those of the start, so what
    /// can have changed is the file.
    ///
    /// # Errors
    /// For a key that is unknown or wrong; the values in force then stay.
    pub fn reload(&self, sources: &Sources) -> Result<LiveValues, ConfigError> {
        let values = Config::check(sources)?.live_values();
        self.0.send_replace(values);
        Ok(values)
    }
}
