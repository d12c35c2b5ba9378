//! Files on their way into the bucket, in parts where they are large.

use std::{
    fs::{self, File},
    future::Future,
    io,
    os::unix::fs::FileExt,
    path::{Path as FilePath, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{
    ObjectStoreExt,
    multipart::{MultipartStore, PartId},
};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{S3Failure, S3Store, outage::persist, unfinished::Upload};
use crate::{PutFile, StorageKey, StoreError, checksums::checksum, local::open_regular};

/// Every part but the last has the same size: some servers insist.
const PART_BYTES: u64 = 8 * 1024 * 1024;
const MAX_PARTS: u64 = 10_000;
const PARTS_AT_ONCE: usize = 3;
/// How long parts that nobody wants any more may take to arrive.
const LAST_PARTS_DEADLINE: Duration = Duration::from_secs(5);

impl S3Store {
    /// Moves the file at `source` into the bucket, and checksums it on the way. A server that is away
    /// is waited for, for a minute. A file that the key names already is replaced at once.
    ///
    /// # Errors
    /// When it cannot be read or stored, or `stop` was cancelled; nothing is then left under the key,
    /// and the source stays where it is.
    pub async fn put(
        &self,
        key: &StorageKey,
        source: &FilePath,
        stop: &CancellationToken,
    ) -> Result<PutFile, StoreError> {
        let (key, source, stop) = (key.clone(), source.to_owned(), stop.clone());
        self.run(|store| async move { store.take_in(&key, &source, &stop).await }).await
    }

    async fn take_in(
        &self,
        key: &StorageKey,
        source: &FilePath,
        stop: &CancellationToken,
    ) -> Result<PutFile, StoreError> {
        let source = Source::open(source).await?;
        let (put, ()) = tokio::try_join!(source.checksum(), self.send(key, &source, stop))?;
        let stored = until(stop, self.look_for(key)).await;
        if put.size_bytes != source.size_bytes
            || !matches!(stored, Ok(size) if size == put.size_bytes)
        {
            self.delete(key).await?;
            stored?;
            return Err(source.failed(io::Error::other("it changed while it was stored")));
        }
        source.remove().await?;
        Ok(put)
    }

    async fn send(
        &self,
        key: &StorageKey,
        source: &Source,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let failed = |failure| storing(key, failure);
        let path = self.path_of(key);
        if source.parts() <= 1 {
            let whole = async {
                let bytes = source.part(0).await?;
                let put = persist(|| self.client().put(&path, bytes.clone().into())).await;
                put.map(|_put| ()).map_err(failed)
            };
            return until(stop, whole).await;
        }
        let begun = async { self.begin_upload(path).await.map_err(failed) };
        let upload = until(stop, begun).await?;
        let sent = self.send_noted(key, &upload, source, stop).await;
        match &sent {
            Ok(()) => self.strike(&upload).await,
            Err(_) => self.end_upload(&upload).await,
        }
        sent
    }

    /// Sends the parts, unless it is to stop. Those under way are then waited for: a server may keep
    /// what it was writing when the upload was ended, and S3 promises no more than that a second end
    /// would remove it.
    async fn send_noted(
        &self,
        key: &StorageKey,
        upload: &Upload,
        source: &Source,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut sending = pin!(self.send_all(key, upload, source, stop));
        tokio::select! {
            sent = &mut sending => return sent,
            never = self.keep_noted(upload) => match never {},
            () = stop.cancelled() => {}
        }
        // Whatever became of them, the upload ends.
        let _unwanted = tokio::time::timeout(LAST_PARTS_DEADLINE, sending).await;
        Err(StoreError::Stopped)
    }

    /// Begins no part and completes nothing once it is to stop.
    async fn send_all(
        &self,
        key: &StorageKey,
        upload: &Upload,
        source: &Source,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let parts = stream::iter(0..source.parts())
            .take_until(stop.cancelled())
            .map(|part| self.send_part(key, upload, source, part))
            .buffered(PARTS_AT_ONCE);
        let parts: Vec<PartId> = parts.try_collect().await?;
        if stop.is_cancelled() {
            return Err(StoreError::Stopped);
        }
        let complete = || self.client().complete_multipart(&upload.path, &upload.id, parts.clone());
        match persist(complete).await {
            // An answer that was lost, and the upload no longer known when it was asked for again:
            // the object shows which.
            Err(failure) => match self.look_for(key).await {
                Ok(size) if size == source.size_bytes => Ok(()),
                _ => Err(storing(key, failure)),
            },
            Ok(_put) => Ok(()),
        }
    }

    async fn send_part(
        &self,
        key: &StorageKey,
        upload: &Upload,
        source: &Source,
        part: usize,
    ) -> Result<PartId, StoreError> {
        // It is never closed.
        let _room = self.shared.room.acquire().await.ok();
        let bytes = source.part(part).await?;
        let send = || self.client().put_part(&upload.path, &upload.id, part, bytes.clone().into());
        persist(send).await.map_err(|failure| storing(key, failure))
    }
}

fn storing(key: &StorageKey, failure: S3Failure) -> StoreError {
    StoreError::Bucket(format!("store {key}"), failure)
}

/// Does it, unless it is to stop.
async fn until<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    stop.run_until_cancelled(work).await.unwrap_or(Err(StoreError::Stopped))
}

/// A file that is read in parts. All reading is done off the event loop.
struct Source {
    path: PathBuf,
    file: Arc<File>,
    size_bytes: u64,
    part_bytes: u64,
}

impl Source {
    async fn open(path: &FilePath) -> Result<Self, StoreError> {
        let (named, opened) = (path.to_owned(), path.to_owned());
        let open = move || {
            let file = open_regular(&opened)?;
            Ok((file.metadata()?.len(), file))
        };
        let (size_bytes, file) = run(&named, open).await?;
        let part_bytes = PART_BYTES.max(size_bytes.div_ceil(MAX_PARTS));
        Ok(Self { path: named, file: Arc::new(file), size_bytes, part_bytes })
    }

    fn parts(&self) -> usize {
        usize::try_from(self.size_bytes.div_ceil(self.part_bytes)).unwrap_or(usize::MAX)
    }

    async fn part(&self, number: usize) -> Result<Bytes, StoreError> {
        let file = Arc::clone(&self.file);
        let at = u64::try_from(number).unwrap_or(u64::MAX).saturating_mul(self.part_bytes);
        let size = self.part_bytes.min(self.size_bytes.saturating_sub(at));
        let read = move || {
            let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, at)?;
            Ok(bytes.into())
        };
        run(&self.path, read).await
    }

    async fn checksum(&self) -> Result<PutFile, StoreError> {
        let file = Arc::clone(&self.file);
        run(&self.path, move || checksum(&mut file.as_ref())).await
    }

    async fn remove(self) -> Result<(), StoreError> {
        let path = self.path.clone();
        run(&self.path, move || fs::remove_file(path)).await
    }

    fn failed(&self, error: io::Error) -> StoreError {
        StoreError::ReadSource(self.path.clone(), error)
    }
}

async fn run<T: Send + 'static>(
    path: &FilePath,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = spawn_blocking(work).await.map_err(StoreError::Lost)?;
    done.map_err(|error| StoreError::ReadSource(path.to_owned(), error))
}
