//! The one process that owns the database. It offers operations, never SQL: each is one transaction
//! with the rules inside, whose rows belong to whom included.
//!
//! It must never know how media is fetched or stored, nor what a password or a token looks like:
//! it keeps hashes, ids and states.

pub mod admin;
mod background;
pub mod connection;
pub mod database;
pub mod error;
mod gauges;
mod hub;
pub mod migrations;
mod models;
mod openapi;
mod routes;
mod schema;
mod service;
mod startup;
mod statement;
pub mod store;
pub mod url;

use std::time::Duration;

use actix_web::web;
use service_kit::{
    Clock, Config, ConfigError, Running, Serve, StartError,
    health::{self, Unready},
    metrics::disk::{self, Watched},
};

use crate::{hub::Hub, service::Service, store::retries::RetryPolicy, url::DatabaseUrl};

/// How long to wait at start for a database that does not answer.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// Brings the schema up to date and serves.
///
/// # Errors
/// When the database cannot be reached for half a minute, its schema cannot be brought up to date,
/// or the address cannot be bound.
pub async fn start(config: Config) -> Result<Running, StartError> {
    start_with(&config, Clock::system()).await
}

/// As [`start`], by another clock.
///
/// # Errors
/// As there.
pub async fn start_with(config: &Config, clock: Clock) -> Result<Running, StartError> {
    let url = DatabaseUrl::parse(config.database_url.expose())
        .map_err(|error| ConfigError::invalid("MAGPIE_DATABASE_URL", error))?;
    let hub = Hub::new(config)?;
    let database = startup::open(url.clone(), START_DEADLINE).await?;
    let policy = RetryPolicy { max_attempts: config.max_attempts, budget: config.download_timeout };
    let service = Service::new(url, database, clock.clone(), policy, hub.clone());
    gauges::describe();
    let data = web::Data::new(service.clone());
    let ready = service.clone();
    let serve = Serve { clock, ..Serve::new("db-service", config.db_bind, config) };
    let running = serve.start(move |app| {
        let ready = ready.clone();
        app.app_data(data.clone());
        app.configure(routes::configure);
        health::mount_readyz(app, move || {
            let ready = ready.clone();
            async move {
                let amiss = |_logged| Unready::new("database", "The database does not answer.");
                ready.check().await.map_err(amiss)
            }
        });
    })?;
    let (cleaned, held, history) = (service.clone(), service.clone(), service.clone());
    let disks = vec![Watched { purpose: "data", path: config.data_dir.clone() }];
    let measured = service.clone();
    Ok(running
        .background("hub", |stop| hub.run(stop))
        .background("disks", |stop| disk::watch(disks, stop))
        .background("gauges", |stop| gauges::measure(measured, stop))
        .background("rescuer", |stop| background::rescue_lapsed(service, stop))
        .background("retrier", |stop| background::let_go(held, stop))
        .background("historian", |stop| background::forget_history(history, stop))
        .background("cleaner", |stop| background::clean(cleaned, stop)))
}
