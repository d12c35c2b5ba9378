//! Downloads between platform services and db-service.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{download::Download, media::MediaOptions};

/// `POST /internal/users/{id}/downloads`: 201 for a new download, or 200 for the one that the same
/// idempotency key made before, also where it was deleted since; [`Made`] either way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewDownload {
    pub platform: String,
    /// The canonical URL.
    pub url: String,
    pub video_id: String,
    pub options: MediaOptions,
    /// What a recent `info` found out, so that a list shows names before the job starts.
    #[serde(default)]
    pub known: KnownMedia,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
}

/// What is known of a video; what is absent is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownMedia {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploader: Option<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

/// The caller's `Idempotency-Key` and a digest of the request that came with it. The same key with
/// another digest within 24 hours is `already_exists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    pub key: String,
    pub request_hash: String,
}

/// What a request to create something came to: enough to give the same answer to its repetition,
/// whatever has become of what it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub id: Uuid,
    /// How many items a playlist was said to have, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foretold: Option<u64>,
}

/// A download with what its file is stored as; for the services, not for clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DownloadRecord {
    pub user_id: i64,
    pub download: Download,
    pub file: Option<StoredFile>,
}

impl From<&DownloadRecord> for Made {
    fn from(record: &DownloadRecord) -> Self {
        Self { id: record.download.id, foretold: None }
    }
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// The storage key: ASCII, relative, `/`-separated.
    pub key: String,
    /// The name a person sees.
    pub filename: String,
    pub size_bytes: u64,
    pub crc32: u32,
    /// Lower-case hex.
    pub sha256: String,
}

/// `DELETE /internal/users/{id}/downloads/{download_id}`: what the caller must now remove from
/// the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadRemoved {
    pub id: Uuid,
    pub file: Option<StoredFile>,
}
