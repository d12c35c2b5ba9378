//! What every Magpie process needs and nothing it means: configuration, logs, request ids, errors
//! as problem+json, the verified identity of a caller, health, metrics, and serving until drained.
//!
//! This crate must never know what a service does: no downloads, no accounts, no database.

pub mod balance;
pub mod clock;
pub mod config;
pub mod connection;
mod dice;
pub mod drain;
pub mod endpoint;
pub mod error;
pub mod health;
pub mod identity;
pub mod json;
pub mod logging;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod process;
pub mod request_id;
pub mod server;
pub mod trace;
mod unread;

pub use clock::Clock;
pub use config::{Config, ConfigError};
pub use endpoint::Endpoint;
pub use error::{ApiError, ApiResult, Chain};
pub use identity::{FromGateway, FromPeer, FromUser, IdentityContext};
pub use json::JsonBody;
pub use process::StartError;
pub use server::{Running, Serve};

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
