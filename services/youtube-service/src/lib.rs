//! youtube-service: what is YouTube's own about fetching from YouTube.
//!
//! Which links are its, what they mean and how their canonical form is spelled; everything else is
//! platform-kit's.

mod links;
mod service;

use service_kit::{Config, Running, StartError};

pub use service::YouTube;

/// Starts the service as configured.
///
/// # Errors
/// When the address cannot be bound or the engine's tools are missing.
pub async fn start(config: Config) -> Result<Running, StartError> {
    platform_kit::start(YouTube, config.youtube_bind, config).await
}
