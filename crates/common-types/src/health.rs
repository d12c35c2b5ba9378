//! How the processes say that they are well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::internal::jobs::SitePause;

/// What `GET /health` of the gateway sums up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Health {
    Healthy,
    Degraded,
    Unhealthy,
}

/// Whether a service answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ServiceState {
    Running,
    Down,
}

/// `GET /health` of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlatformHealth {
    pub status: Health,
    pub version: String,
    pub services: BTreeMap<String, ServiceState>,
}

/// Whether someone may make an account now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegistrationState {
    Open,
    Closed,
    /// Nobody has one yet: whoever makes it becomes the admin.
    FirstAccount,
}

/// `GET health` of auth-service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthHealth {
    pub status: Health,
    pub service: String,
    pub registration: RegistrationState,
}

/// `GET health` of a service that has nothing more to tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceHealth {
    pub status: Health,
    pub service: String,
}

/// `GET health` of a platform service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlatformServiceHealth {
    pub status: Health,
    pub service: String,
    pub engine: EngineVersions,
    pub workers: Workers,
    pub queue: QueueDepth,
    /// Present while the site is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<SitePause>,
}

/// Versions of the tools that do the fetching; null where one was not found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineVersions {
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub yt_dlp: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub ffmpeg: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub js_runtime: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workers {
    pub max: u32,
    pub busy: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueDepth {
    pub pending: u64,
}
