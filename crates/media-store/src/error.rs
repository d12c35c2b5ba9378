//! Why a store fails, whichever kind it is.

use std::{io, path::PathBuf};

use tokio::task::JoinError;

use crate::{S3Failure, StorageKey};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot make the directory {0}")]
    MakeDirectory(PathBuf, #[source] io::Error),
    #[error("cannot read the new file {0}")]
    ReadSource(PathBuf, #[source] io::Error),
    #[error("cannot store {0}")]
    Write(StorageKey, #[source] io::Error),
    #[error("cannot open {0}")]
    Open(StorageKey, #[source] io::Error),
    #[error("cannot read {0}")]
    Read(StorageKey, #[source] io::Error),
    #[error("{0} has {1} bytes now")]
    Changed(StorageKey, u64),
    #[error("cannot list {0}")]
    List(PathBuf, #[source] io::Error),
    #[error("cannot remove {0}")]
    Remove(StorageKey, #[source] io::Error),
    #[error("cannot tell which store is in {0}")]
    Identify(PathBuf, #[source] io::Error),
    #[error("cannot {0}")]
    Bucket(String, #[source] S3Failure),
    #[error("the storing was stopped")]
    Stopped,
    #[error("the pieces are shorter than the whole")]
    Incomplete,
    #[error("cannot start threads")]
    Threads(#[source] io::Error),
    #[error("the task was lost")]
    Lost(#[source] JoinError),
    #[error("the reading broke off")]
    Reader(#[source] JoinError),
}

impl StoreError {
    /// Whether the disk, or the owner's share of it or of the bucket, is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::MakeDirectory(_, error) | Self::Write(_, error) => {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Bucket(_, failure) => failure.is_full(),
            _ => false,
        }
    }

    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Open(_, error) | Self::Identify(_, error) => {
                error.kind() == io::ErrorKind::NotFound
            }
            Self::Bucket(_, failure) => matches!(failure, S3Failure::Missing(_)),
            _ => false,
        }
    }

    /// Whether the same may succeed later: the object store does not answer, or is overloaded.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Bucket(_, S3Failure::Unavailable(_)))
    }
}
