//! What all workers of one gateway share.

use std::sync::Arc;

use auth_tokens::IdentityKey;
use ipnet::IpNet;
use service_kit::{Clock, Config, StartError};
use tokio_util::sync::CancellationToken;

use crate::{
    Options,
    auth::{Authenticator, News},
    disk::Disk,
    limits::Limits,
    openapi::Document,
    routes::Service,
    upstream::{AddressError, Processes, processes},
    vouch::Voucher,
};

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) voucher: Voucher,
    pub(crate) auth: Authenticator,
    pub(crate) news: News,
    pub(crate) limits: Limits,
    pub(crate) services: Services,
    pub(crate) disk: Disk,
    pub(crate) document: Document,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The origins whose pages may call us, exactly as browsers send them.
    pub(crate) origins: Vec<String>,
    /// Cancelled when the gateway stops: answers without an end must end.
    pub(crate) stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn new(config: &Config, mut options: Options) -> Result<Self, StartError> {
        if config.auth_rate_limit_per_minute == 0 {
            // Whoever does not count attempts to log in does not count failed credentials.
            options.suspicion.failures_per_minute = 0;
        }
        let key = Arc::new(IdentityKey::from_secret(config.internal_secret.expose()));
        let clock = options.clock.clone();
        Ok(Self {
            voucher: Voucher::new(key, clock.clone()),
            auth: Authenticator::new(&options),
            news: News::new(config)?,
            limits: Limits::new(config)?,
            services: Services::new(config)
                .map_err(|error| StartError::internal("cannot use a service's URL", error))?,
            disk: Disk::new(config.storage.directory().cloned()),
            document: Document::default(),
            trusted_proxies: config.trusted_proxies.clone(),
            origins: config.cors_origins.clone(),
            stopping: CancellationToken::new(),
            clock,
            options,
        })
    }
}

/// Where each service is found.
pub(crate) struct Services {
    pub(crate) auth: Processes,
    pub(crate) youtube: Processes,
    pub(crate) database: Processes,
}

impl Services {
    fn new(config: &Config) -> Result<Self, AddressError> {
        Ok(Self {
            auth: processes(&config.auth_url)?,
            youtube: processes(&config.youtube_url)?,
            database: processes(&config.db_url)?,
        })
    }

    pub(crate) fn all(&self) -> [&Processes; 3] {
        [&self.auth, &self.youtube, &self.database]
    }

    pub(crate) fn of(&self, service: Service) -> &Processes {
        match service {
            Service::Auth => &self.auth,
            Service::Youtube => &self.youtube,
            Service::Database => &self.database,
        }
    }
}
