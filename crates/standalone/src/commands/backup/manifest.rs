//! What a backup says of itself.

use std::{
    fs,
    path::{Component, Path},
};

use common_types::Timestamp;
use db_service::admin::Counts;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::commands::outcome::CommandError;

pub(in crate::commands) const FILE: &str = "manifest.json";
/// One [`FileLine`] a line, by the ids of the downloads.
pub(in crate::commands) const LIST: &str = "files.jsonl";
/// Below it the files have their storage keys as names.
pub(in crate::commands) const MEDIA: &str = "media";
pub(in crate::commands) const SECRET: &str = "secrets/internal.secret";
pub(in crate::commands) const KEYS: &str = "secrets/keys";
/// What this build writes and reads.
pub(in crate::commands) const FORMAT: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::commands) struct Manifest {
    pub(in crate::commands) format: u32,
    /// The version of Magpie that made it.
    pub(in crate::commands) magpie: String,
    pub(in crate::commands) created_at: Timestamp,
    pub(in crate::commands) database: Database,
    pub(in crate::commands) secrets: Vec<Part>,
    pub(in crate::commands) files: Files,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::commands) struct Database {
    /// `sqlite` or `postgresql`.
    pub(in crate::commands) kind: String,
    /// The newest migration.
    pub(in crate::commands) schema: Option<String>,
    pub(in crate::commands) counts: Counts,
    pub(in crate::commands) copy: Part,
}

/// A file of the backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::commands) struct Part {
    /// Below the backup's directory.
    pub(in crate::commands) path: String,
    pub(in crate::commands) bytes: u64,
    /// Lower-case hex.
    pub(in crate::commands) sha256: String,
}

/// The files of downloads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::commands) struct Files {
    pub(in crate::commands) list: Part,
    /// How many the list names; those that went or are damaged included.
    pub(in crate::commands) count: u64,
    pub(in crate::commands) bytes: u64,
    pub(in crate::commands) are_included: bool,
    pub(in crate::commands) gone: u64,
    pub(in crate::commands) damaged: u64,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct FileLine {
    pub(in crate::commands) download: Uuid,
    pub(in crate::commands) key: String,
    pub(in crate::commands) bytes: u64,
    pub(in crate::commands) sha256: String,
    pub(in crate::commands) state: FileState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::commands) enum FileState {
    /// In the backup.
    Included,
    /// Only named.
    Listed,
    /// Removed since the database was copied.
    Gone,
    /// The store had something else under its key, or could not read it.
    Damaged,
}

impl Manifest {
    /// Reads that of the backup in `directory`.
    ///
    /// # Errors
    /// When there is none, or it is of a format that this build does not know.
    pub(in crate::commands) fn read(directory: &Path) -> Result<Self, CommandError> {
        let doing = || format!("{} is no backup", directory.display());
        let text = fs::read(directory.join(FILE)).map_err(CommandError::failed(doing()))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(CommandError::failed(doing()))?;
        if manifest.format > FORMAT {
            let why = "the backup was made by a newer Magpie, in a way that this one cannot read";
            return Err(CommandError::refused(why));
        }
        if let Some(path) = manifest.foreign_part() {
            return Err(CommandError::refused(format!("{path} is not of the backup")));
        }
        Ok(manifest)
    }

    /// Whoever wrote the manifest must not have other files read.
    fn foreign_part(&self) -> Option<&str> {
        let parts = [&self.database.copy, &self.files.list].into_iter().chain(&self.secrets);
        let mut paths = parts.map(|part| part.path.as_str());
        paths.find(|path| !Path::new(path).components().all(|c| matches!(c, Component::Normal(_))))
    }
}
