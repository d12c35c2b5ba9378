//! Several links asked for at once.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Timestamp,
    download::{Download, Status},
    media::{Format, Quality, SponsorBlockCategory, SubtitleOptions},
};

/// `POST multi/batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// 50 at most, unless the operator set another limit.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitles: Option<SubtitleOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed_metadata: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sponsorblock_remove: Option<Vec<SponsorBlockCategory>>,
}

/// The 202 that `POST multi/batch` answers with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAccepted {
    pub success: bool,
    pub batch_id: Uuid,
    /// How many videos remain after links to the same one were folded.
    pub total_videos: u64,
    /// How many links fell away.
    pub duplicates: u64,
    pub message: String,
}

/// `GET multi/batch/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Batch {
    pub batch_id: Uuid,
    pub status: Status,
    pub total: u64,
    /// Equals `total`.
    pub total_videos: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub duplicates: u64,
    /// The mean of its items'.
    pub progress: f64,
    /// In the order in which they were asked for.
    pub videos: Vec<Download>,
    pub zip_url: String,
    pub created_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub completed_at: Option<Timestamp>,
}

/// The answer to cancel, retry and delete of a batch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchChanged {
    pub success: bool,
    pub batch_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How many items it concerned.
    pub changed: u64,
    pub message: String,
}
