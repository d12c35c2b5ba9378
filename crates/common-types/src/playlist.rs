//! Whole playlists and channels.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    MediaErrorCode, Timestamp,
    download::{Download, Status},
    media::{Format, Quality, SponsorBlockCategory, SubtitleOptions},
};

/// How many entries a page of `playlist/info` holds when the caller does not say.
pub const DEFAULT_PAGE: u32 = 50;
/// How many it holds at the most.
pub const MAX_PAGE: u32 = 200;

/// `POST playlist/info`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistInfoRequest {
    /// Any form of link that people paste.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2048))]
    pub url: String,
    /// How many entries to pass over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200, default = 50))]
    pub limit: Option<u32>,
}

/// One page of what a playlist holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistInfo {
    pub success: bool,
    /// The site's id.
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub uploader: Option<String>,
    /// Null where the site does not say, and for a mix, which has no end.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub video_count: Option<u64>,
    pub videos: Vec<PlaylistEntry>,
    /// Present while there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u32>,
}

/// One video of a playlist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistEntry {
    /// From 1.
    pub index: u32,
    pub id: String,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: Option<String>,
    /// Seconds.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub duration: Option<f64>,
    pub url: String,
    /// False for what is private or deleted.
    pub available: bool,
}

/// `POST playlist/download`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistRequest {
    /// Any form of link that people paste.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2048))]
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The first index, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub start_index: Option<i64>,
    /// The last index, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub end_index: Option<i64>,
    /// A selection such as `1-3,7`, of at most 200 parts; without `start_index` and `end_index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = r"^\s*\d+\s*(-\s*\d+\s*)?(,\s*\d+\s*(-\s*\d+\s*)?)*$")
    )]
    pub items: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitles: Option<SubtitleOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed_metadata: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sponsorblock_remove: Option<Vec<SponsorBlockCategory>>,
}

/// The 202 that `POST playlist/download` answers with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistAccepted {
    pub success: bool,
    pub playlist_id: Uuid,
    /// Null while it is not known yet.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub total_videos: Option<u64>,
    pub message: String,
}

/// `GET playlist/status/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Playlist {
    pub playlist_id: Uuid,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub uploader: Option<String>,
    /// Canonical.
    pub url: String,
    pub status: Status,
    /// Null while it is not known yet.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub total: Option<u64>,
    /// Equals `total`.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub total_videos: Option<u64>,
    /// Whether the list goes on behind the last video that was taken.
    pub is_truncated: bool,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    /// The mean of its items'.
    pub progress: f64,
    /// Why the list itself could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<MediaErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// By index.
    pub videos: Vec<Download>,
    pub zip_url: String,
    pub created_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub completed_at: Option<Timestamp>,
}

/// The answer to cancel, retry and delete of a playlist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistChanged {
    pub success: bool,
    pub playlist_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How many items it concerned.
    pub changed: u64,
    pub message: String,
}
