//! Accounts, and who may say to be one: registration, login, sessions, API keys, and the private
//! keys that sign access tokens, which no other process ever holds.
//!
//! It must never know what an account is good for (downloads are counted elsewhere), nor how
//! accounts are stored: db-service keeps them and decides what must be decided in a transaction.

mod config;
mod handlers;
mod openapi;
pub mod passwords;
pub mod registration;
mod routes;
mod service;
mod signing;

use std::time::Duration;

use actix_web::web;
use db_client::DbConnector;
use service_kit::{Clock, Config, Running, Serve, StartError, health};

use crate::{
    config::AuthConfig,
    passwords::{Hasher, HashingLimits},
    service::{AuthService, Shared},
    signing::TokenSigner,
};

/// How often the directory of the signing keys is read again.
const RELOAD_KEYS_EVERY: Duration = Duration::from_secs(10);

/// What no operator configures, and tests care about.
#[derive(Clone)]
pub struct Tuning {
    pub hasher: Hasher,
    pub reload_keys_every: Duration,
}

/// Reads, or makes, the signing keys and serves.
///
/// # Errors
/// When the keys cannot be used or the address cannot be bound.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let hasher = Hasher::new(HashingLimits::default())
        .map_err(|error| StartError::internal("cannot hash passwords", error))?;
    start_with(&config, Tuning { hasher, reload_keys_every: RELOAD_KEYS_EVERY }).await
}

/// As [`start`], tuned.
///
/// # Errors
/// As there.
pub async fn start_with(config: &Config, tuning: Tuning) -> Result<Running, StartError> {
    let Tuning { hasher, reload_keys_every } = tuning;
    let auth = AuthConfig::from(config);
    let signer = TokenSigner::open(auth.keys_dir.clone(), auth.token_ttl).await?;
    let clock = Clock::system();
    let shared = Shared::new(&auth, hasher, signer.clone(), clock);
    let connector = DbConnector::new("auth-service", config);
    let serve = Serve::new("auth-service", config.auth_bind, config);
    let running = serve.start(move |app| {
        // The client of db-service cannot leave its thread, so each worker has a service of its own.
        let service = web::Data::new(AuthService::new(connector.connect(), shared.clone()));
        app.app_data(service.clone());
        app.configure(routes::configure);
        health::mount_readyz(app, move || {
            let service = service.clone();
            async move { service.check().await }
        });
    })?;
    Ok(running.background("signing keys", |stop| signer.keep_current(reload_keys_every, stop)))
}
