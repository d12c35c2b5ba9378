//! What of the configuration concerns accounts.

use std::{path::PathBuf, time::Duration};

use service_kit::{Config, config::Registration};

#[derive(Debug, Clone)]
pub(crate) struct AuthConfig {
    pub(crate) registration: Registration,
    /// How long a session and its token last.
    pub(crate) token_ttl: Duration,
    pub(crate) keys_dir: PathBuf,
}

impl From<&Config> for AuthConfig {
    fn from(config: &Config) -> Self {
        Self {
            registration: config.registration,
            token_ttl: config.jwt_ttl,
            keys_dir: config.jwt_keys_dir.clone(),
        }
    }
}
