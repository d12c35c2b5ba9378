//! What changed, as db-service tells it, and how things stand, for whoever wants to know.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET changes` | – | a stream of `ChangeLine`, a JSON text per line, for as long as anyone reads |
//! | `POST states` | `StatesRequest` | `States`: what is not there any more is left out |
//!
//! A change names what changed, not how: whoever listens asks for the states of what it cares for, as
//! often as it likes. So a change costs the same however many listen, and no state is ever stale.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::internal::{
    collections::{BatchRecord, PlaylistRecord},
    downloads::DownloadRecord,
};

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum ChangeLine {
    /// Every change from now on will be told.
    Listening,
    Changed(Changes),
    /// The reader was too slow, and some were left out.
    Missed,
    /// Nothing happened for a while.
    Quiet,
}

/// What one transaction changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub kind: ChangedKind,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedKind {
    /// Also means the batch or playlist that it is an item of.
    Download,
    Batch,
    Playlist,
}

/// Whose, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    pub user_id: i64,
    pub id: Uuid,
}

/// Of which things the states are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StatesRequest {
    #[serde(default)]
    pub downloads: Vec<Uuid>,
    #[serde(default)]
    pub batches: Vec<Uuid>,
    #[serde(default)]
    pub playlists: Vec<Uuid>,
}

/// How things stand; batches and playlists come without their items.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct States {
    pub downloads: Vec<DownloadRecord>,
    pub batches: Vec<BatchRecord>,
    pub playlists: Vec<PlaylistRecord>,
}
