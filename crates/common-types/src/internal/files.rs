//! Files of completed downloads: when they go, and which of the store's are nobody's.
//!
//! db-service knows which files there should be, the services know which there are.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST files/expire` | `ExpireRequest` | `[StoredFile]`: their rows say that they are gone; remove them |
//! | `POST files/known` | `KnownFilesRequest` | `[String]`: the keys that rows name |
//! | `GET files?platform&after&limit` | – | `[FileOfDownload]`, by id |
//! | `POST files/lost` | `LostFiles` | 204 |

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{download::DownloadType, internal::downloads::StoredFile};

/// Gives up files of a platform whose time has come, at most `limit` of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpireRequest {
    pub platform: String,
    pub limit: u32,
}

/// Whose files are meant: a download's own, or all those of a batch or playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileOwner {
    pub kind: DownloadType,
    pub id: Uuid,
}

/// Which files these owners have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownFilesRequest {
    pub owners: Vec<FileOwner>,
}

/// The query of `GET files`: those after the download `after`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FilesQuery {
    pub platform: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Uuid>,
    pub limit: u32,
}

/// A file that a download should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOfDownload {
    pub download: Uuid,
    pub file: StoredFile,
}

/// These downloads have lost their files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LostFiles {
    pub downloads: Vec<Uuid>,
}
