//! Batches and playlists between platform services and db-service.
//!
//! | call | body | answer | refusals |
//! |---|---|---|---|
//! | `POST users/{id}/batches` | `NewBatch` | 201 or 200 `BatchRecord` | `already_exists`, `quota_exceeded`, `account_disabled` |
//! | `GET users/{id}/batches/{batch}` | – | `BatchRecord` | |
//! | `POST users/{id}/batches/{batch}/cancel` | – | `CollectionChanged` | `not_cancellable` |
//! | `POST users/{id}/batches/{batch}/retry` | – | `CollectionChanged` | `not_retryable`, `quota_exceeded` |
//! | `DELETE users/{id}/batches/{batch}` | – | `CollectionChanged` | |
//! | `POST users/{id}/playlists` | `NewPlaylist` | 201 or 200 `PlaylistRecord` | `already_exists`, `quota_exceeded`, `account_disabled` |
//! | `GET`, `cancel`, `retry`, `DELETE` of `users/{id}/playlists/{playlist}` | – | as for batches, `PlaylistRecord` | |
//! | `POST expansions/claim` | `ExpansionClaim` | `[ExpansionJob]`, perhaps none | |
//! | `POST expansions/{playlist}/page` | `ExpansionPage` | `ExpansionAnswer` | `lease_lost` |
//! | `POST expansions/{playlist}/fail` | `ExpansionFailure` | 204 | `lease_lost` |
//! | `POST expansions/{playlist}/release` | `LeaseHolder` | 204 | `lease_lost` |
//!
//! Every route that has a user also takes `?platform=`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    MediaProblem, Timestamp,
    download::Status,
    internal::{
        downloads::{DownloadRecord, Idempotency, KnownMedia, Made, StoredFile},
        jobs::{LeaseHolder, Outlook},
    },
    media::MediaOptions,
};

/// A video that becomes an item of a batch or playlist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewItem {
    /// The canonical URL.
    pub url: String,
    pub video_id: String,
    #[serde(default)]
    pub known: KnownMedia,
}

/// All items are created, or none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewBatch {
    pub platform: String,
    pub options: MediaOptions,
    /// In the order asked for, each video once; positions count from 1.
    pub items: Vec<NewItem>,
    /// How many links fell away because they named a video that is there already.
    pub duplicates: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
}

/// How many items stand where; kept in the transaction that changes an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemCounts {
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRecord {
    pub id: Uuid,
    pub user_id: i64,
    pub platform: String,
    pub status: Status,
    pub total: u64,
    pub counts: ItemCounts,
    pub duplicates: u64,
    /// The mean of the items'; never falls.
    pub progress: f64,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// By position.
    pub items: Vec<DownloadRecord>,
}

impl From<&BatchRecord> for Made {
    fn from(record: &BatchRecord) -> Self {
        Self { id: record.id, foretold: None }
    }
}

/// Which entries of a playlist are wanted; all three absent: all. Indices count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_index: Option<u32>,
    /// Inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_index: Option<u32>,
    /// Such as `1-3,7`, checked and normalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
}

/// A playlist to be enumerated by a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPlaylist {
    pub platform: String,
    /// Canonical.
    pub url: String,
    /// The site's id of it.
    pub site_id: String,
    pub options: MediaOptions,
    #[serde(default)]
    pub selection: Selection,
    /// No more entries than this are taken.
    pub max_items: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploader: Option<String>,
    /// How many items there will be, where a recent `info` told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_total: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaylistRecord {
    pub id: Uuid,
    pub user_id: i64,
    pub platform: String,
    pub url: String,
    pub title: Option<String>,
    pub uploader: Option<String>,
    pub status: Status,
    /// Null until it has been enumerated or foretold.
    pub total: Option<u64>,
    /// How many items a recent look at the site foretold when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foretold: Option<u64>,
    /// Whether all its entries are known.
    pub is_expanded: bool,
    /// Whether the list goes on behind the last entry that was taken.
    pub is_truncated: bool,
    pub counts: ItemCounts,
    /// The mean of the items'; never falls.
    pub progress: f64,
    /// Why it could not be enumerated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<MediaProblem>,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// By position, which is the index in the playlist.
    pub items: Vec<DownloadRecord>,
}

impl From<&PlaylistRecord> for Made {
    fn from(record: &PlaylistRecord) -> Self {
        Self { id: record.id, foretold: record.foretold }
    }
}

/// What a change of a batch or playlist came to, and what the caller must now do about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CollectionChanged {
    /// Absent once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The items that changed; those that ran must be killed where they run.
    pub downloads: Vec<Uuid>,
    /// Files that no row names any more.
    pub files: Vec<StoredFile>,
}

/// `POST expansions/claim`: at most `slots` playlists to enumerate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpansionClaim {
    pub platform: String,
    pub node_id: Uuid,
    pub slots: u32,
    pub lease_ms: u64,
}

/// A playlist that is now the caller's to enumerate, until its lease lapses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpansionJob {
    pub id: Uuid,
    pub user_id: i64,
    /// The fencing token.
    pub attempt: u32,
    pub url: String,
    pub selection: Selection,
    pub max_items: u32,
    /// Entries up to this index are stored already, from an attempt that did not end.
    pub done_to_index: u32,
}

/// Entries found, in order; also renews the lease. A page that was stored already changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpansionPage {
    #[serde(flatten)]
    pub holder: LeaseHolder,
    pub lease_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploader: Option<String>,
    pub entries: Vec<ExpandedEntry>,
    /// Whether this is the last page: the playlist's total is then known.
    pub is_last: bool,
    /// On the last page: whether the list goes on, and only the limit ended it.
    pub is_truncated: bool,
}

/// One entry of a playlist that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpandedEntry {
    /// The index in the playlist, from 1.
    pub index: u32,
    pub item: NewItem,
    /// Set where the listing says already that it cannot be had: the item is created as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<MediaProblem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpansionAnswer {
    /// How many items the playlist has now.
    pub items: u64,
}

/// The playlist cannot be enumerated.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpansionFailure {
    #[serde(flatten)]
    pub holder: LeaseHolder,
    pub problem: MediaProblem,
    pub outlook: Outlook,
}
