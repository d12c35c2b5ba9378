//! The store, wherever it keeps the bytes: one interface for whoever puts, delivers or sweeps.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    pin::pin,
    time::SystemTime,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, future::Either, stream};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::{
    Content, LocalSettled, LocalStore, Presented, PutFile, S3Settings, S3Store, StorageKey,
    StoreError, StoreReader, s3::S3Settled,
};

const REMOVALS_AT_ONCE: usize = 8;

/// A store of either kind. What blocks runs off the event loop.
#[derive(Debug, Clone)]
pub enum Store {
    Local(LocalStore),
    S3(S3Store),
}

impl Store {
    /// Opens the store in the directory `root`, which is made if need be.
    ///
    /// # Errors
    /// When the directory cannot be made or written to.
    pub async fn open_local(root: PathBuf) -> Result<Self, StoreError> {
        run(move || LocalStore::open(&root)).await.map(Self::Local)
    }

    /// Opens the store in a bucket.
    ///
    /// # Errors
    /// When the bucket cannot be reached or used.
    pub async fn open_s3(settings: &S3Settings) -> Result<Self, StoreError> {
        S3Store::open(settings).await.map(Self::S3)
    }

    /// The store for whoever reads the same disk, if it is on one.
    pub fn disk(&self) -> Option<&StoreReader> {
        match self {
            Self::Local(store) => Some(store.reader()),
            Self::S3(_) => None,
        }
    }

    /// Moves the file at `source` into the store and checksums it on the way. `stop` ends what takes
    /// long. A file that the key names already is replaced at once.
    ///
    /// # Errors
    /// When it cannot be read or stored, or was stopped; nothing is then left under the key.
    pub async fn put(
        &self,
        key: &StorageKey,
        source: &Path,
        stop: &CancellationToken,
    ) -> Result<PutFile, StoreError> {
        match self {
            Self::Local(store) => {
                let (store, key, source) = (store.clone(), key.clone(), source.to_owned());
                run(move || store.put(&key, &source)).await
            }
            Self::S3(store) => store.put(key, source, stop).await,
        }
    }

    /// How many bytes a file has.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be looked at.
    pub async fn size_of(&self, key: &StorageKey) -> Result<u64, StoreError> {
        match self {
            Self::Local(store) => {
                let (store, key) = (store.clone(), key.clone());
                run(move || store.open_file(&key).map(|file| file.size_bytes)).await
            }
            Self::S3(store) => store.size_of(key).await,
        }
    }

    /// Removes a file. One that is gone is no error.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub async fn remove(&self, key: &StorageKey) -> Result<(), StoreError> {
        match self {
            Self::Local(store) => {
                let (store, key) = (store.clone(), key.clone());
                run(move || store.remove(&key)).await
            }
            Self::S3(store) => store.remove(key).await,
        }
    }

    /// Removes files, several at a time, and gives what went wrong. Once the store does not answer, the
    /// rest is left.
    pub async fn remove_all(&self, keys: Vec<StorageKey>) -> Vec<StoreError> {
        let removals = stream::iter(keys).map(|key| async move { self.remove(&key).await });
        let mut removals = pin!(removals.buffer_unordered(REMOVALS_AT_ONCE));
        let mut failures = Vec::new();
        while let Some(removed) = removals.next().await {
            failures.extend(removed.err());
            if failures.last().is_some_and(StoreError::is_passing) {
                break;
            }
        }
        failures
    }

    /// Streams a range of `content`, as [`Content::read`] does.
    pub fn read(
        &self,
        content: &Content,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + use<> {
        match self {
            Self::Local(store) => Either::Left(content.read(store.reader(), range)),
            Self::S3(store) => Either::Right(content.read_from_bucket(store, range)),
        }
    }

    /// A link to the file at the store itself, where clients are to follow one.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn link(
        &self,
        key: &StorageKey,
        presented: Presented<'_>,
    ) -> Result<Option<String>, StoreError> {
        match self {
            Self::Local(_) => Ok(None),
            Self::S3(store) => store.link(key, presented).await,
        }
    }

    /// The files that were last changed before a certain time. What else was left behind half-done
    /// for as long goes on the way.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn settled(&self, before: SystemTime) -> Result<Settled, StoreError> {
        match self {
            Self::Local(store) => {
                let store = store.clone();
                run(move || store.settled(before)).await.map(Settled::Local)
            }
            Self::S3(store) => store.settled(before).await.map(Settled::S3),
        }
    }

    /// As [`Store::settled`], and everything stays as it is.
    ///
    /// # Errors
    /// As there.
    pub async fn looked_at(&self, before: SystemTime) -> Result<Settled, StoreError> {
        match self {
            Self::Local(store) => {
                let store = store.clone();
                run(move || store.looked_at(before)).await.map(Settled::Local)
            }
            Self::S3(store) => Ok(Settled::S3(store.looked_at(before))),
        }
    }
}

/// Files that have settled, in no order, found as they are asked for.
#[derive(Debug)]
pub enum Settled {
    Local(LocalSettled),
    S3(S3Settled),
}

impl Settled {
    /// At most `size` more, and how to go on; none at the end. A directory that cannot be read is
    /// told in the place of what is in it.
    ///
    /// # Errors
    /// When nothing more can be listed.
    pub async fn next_page(
        self,
        size: usize,
    ) -> Result<(Self, Vec<Result<StorageKey, StoreError>>), StoreError> {
        match self {
            Self::Local(mut settled) => {
                let page = move || {
                    let page = settled.by_ref().take(size).collect();
                    Ok((Self::Local(settled), page))
                };
                run(page).await
            }
            Self::S3(settled) => {
                let (rest, page) = settled.next_page(size).await?;
                Ok((Self::S3(rest), page.into_iter().map(Ok).collect()))
            }
        }
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.map_err(StoreError::Lost)?
}
