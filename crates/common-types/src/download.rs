//! A download, as every client sees it, and the requests that make and find one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    MediaErrorCode, Timestamp,
    media::{Format, Quality, SponsorBlockCategory, SubtitleOptions, wire_enum},
};

wire_enum! {
    /// Where a download stands. The last three are final.
    Status {
        Pending = "pending", Downloading = "downloading", Completed = "completed",
        Failed = "failed", Cancelled = "cancelled",
    }
}

wire_enum! {
    /// What a running job is doing.
    Phase {
        Extracting = "extracting", Downloading = "downloading", Processing = "processing",
        Storing = "storing",
    }
}

wire_enum! {
    /// How a download was asked for.
    DownloadType { Single = "single", Batch = "batch", Playlist = "playlist" }
}

impl Status {
    /// Whether nothing will happen any more unless someone retries.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// One video on its way, or arrived, or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Download {
    pub id: Uuid,
    /// Equals `id`.
    pub download_id: Uuid,
    #[serde(rename = "type")]
    pub kind: DownloadType,
    pub platform: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playlist_id: Option<Uuid>,
    /// The index within its batch or playlist, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// The canonical URL.
    pub url: String,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub video_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub uploader: Option<String>,
    /// Seconds.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub duration: Option<f64>,
    /// A path of this origin.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub thumbnail: Option<String>,
    pub format: Format,
    pub quality: Quality,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// 0 to 100 over the whole job; never goes back; 100 only when the file can be fetched.
    pub progress: f64,
    pub downloaded_bytes: u64,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub total_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_bps: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// The name a person sees.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub filename: Option<String>,
    /// The storage key; never a path of the host.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub file_path: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub file_size: Option<u64>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub file_url: Option<String>,
    pub attempts: u32,
    /// While it waits: it is not tried before, because the last attempt failed in a way that may
    /// pass, or because the site has had enough of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
    /// Why it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_for: Option<MediaErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<MediaErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    pub created_at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub started_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub completed_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub expires_at: Option<Timestamp>,
}

/// `POST single/info`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InfoRequest {
    /// Any form of link that people paste.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2048))]
    pub url: String,
}

/// `POST single/download`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DownloadRequest {
    /// Any form of link that people paste.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2048))]
    pub url: String,
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

/// The 202 that `POST single/download` answers with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DownloadAccepted {
    pub success: bool,
    pub download_id: Uuid,
    pub status: Status,
    pub message: String,
}

/// The answer to cancel, retry and delete.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DownloadChanged {
    pub success: bool,
    pub download_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    pub message: String,
}

/// How many downloads stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusTotals {
    pub pending: u64,
    pub downloading: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
}

/// `GET downloads`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DownloadList {
    pub items: Vec<Download>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next_cursor: Option<String>,
    pub totals: StatusTotals,
}

/// The query of `GET downloads`. `cursor` is opaque: what an earlier page named.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DownloadQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<DownloadType>,
    /// Part of a title, an uploader or a URL, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
