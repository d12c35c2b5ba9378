//! What lies in the bucket and was not written lately.

use std::{fmt, future::ready, time::SystemTime};

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{ObjectStore, path::Path};

use super::S3Store;
use crate::{StorageKey, StoreError};

/// The files of a bucket that were written before a certain time, listed as they are asked for.
pub struct S3Settled {
    store: S3Store,
    keys: BoxStream<'static, Result<StorageKey, StoreError>>,
}

impl fmt::Debug for S3Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settled").finish_non_exhaustive()
    }
}

impl S3Store {
    /// Uploads that nobody goes on with are ended on the way.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn settled(&self, before: SystemTime) -> Result<S3Settled, StoreError> {
        self.run(|store| async move { store.end_forgotten_uploads(before).await }).await?;
        Ok(self.looked_at(before))
    }

    /// As [`S3Store::settled`], and everything stays as it is.
    pub fn looked_at(&self, before: SystemTime) -> S3Settled {
        let store = self.clone();
        let prefix = Path::from(self.shared.prefix.as_str());
        let keys =
            self.client().list(Some(&prefix)).map_err(listing).try_filter_map(move |found| {
                let has_settled = SystemTime::from(found.last_modified) < before;
                // What no key can name is not ours to look after.
                ready(Ok(has_settled.then(|| store.key_of(&found.location)).flatten()))
            });
        // Whoever asks for pages asks once more at the end.
        S3Settled { store: self.clone(), keys: keys.fuse().boxed() }
    }
}

impl S3Settled {
    /// At most `size` more, and how to go on; none at the end.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn next_page(self, size: usize) -> Result<(Self, Vec<StorageKey>), StoreError> {
        let Self { store, mut keys } = self;
        let page = async move {
            let mut page = Vec::new();
            while page.len() < size {
                match keys.try_next().await? {
                    Some(key) => page.push(key),
                    None => break,
                }
            }
            Ok((keys, page))
        };
        let (keys, page) = store.run(|_store| page).await?;
        Ok((Self { store, keys }, page))
    }
}

pub(super) fn listing(error: object_store::Error) -> StoreError {
    StoreError::Bucket("list the bucket".to_owned(), error.into())
}
