//! Objects of the store without a row, and rows without an object.

use std::{collections::HashSet, pin::pin};

use common_types::{
    download::DownloadType,
    internal::files::{FileOfDownload, FileOwner, FilesQuery, KnownFilesRequest, LostFiles},
};
use db_client::DbClient;
use futures_util::{StreamExt, stream};
use media_store::{StorageKey, Store, StoreError};
use service_kit::Chain;
use uuid::Uuid;

use super::{BATCH_FILES, PLAYLIST_FILES, SINGLE_FILES, SweepError, Sweeper, count_of, retention};

const PAGE: usize = 200;
const FILES_PAGE: u32 = 500;
const LOOKS_AT_ONCE: usize = 8;

impl Sweeper {
    /// Removes what lies in the store and belongs to no download. Such a thing is left when a
    /// process dies between two steps.
    pub(super) async fn sweep_objects(&self, client: &DbClient) -> Result<u64, SweepError> {
        let mut settled = self.store.settled(self.ago(self.settled_after)).await?;
        let mut total = 0_u64;
        loop {
            let (rest, page) = settled.next_page(PAGE).await?;
            settled = rest;
            if page.is_empty() {
                return Ok(total);
            }
            let unread = |error: &StoreError| log::warn!("{}", Chain(error));
            let keys = page.into_iter().filter_map(|key| key.inspect_err(unread).ok());
            let orphans = orphans(client, keys.collect()).await?;
            total = total.saturating_add(count_of(&orphans));
            retention::remove(&self.store, orphans).await;
        }
    }

    /// Tells the database of downloads whose file is not there any more, so that it is `expired`
    /// for whoever asks, and not an error each time.
    pub(super) async fn note_lost_files(&self, client: &DbClient) -> Result<u64, SweepError> {
        let mut query = FilesQuery {
            platform: self.platform.name().to_owned(),
            after: None,
            limit: FILES_PAGE,
        };
        let mut total = 0_u64;
        loop {
            let files = client.files(&query).await?;
            query.after = files.last().map(|file| file.download);
            if query.after.is_none() {
                return Ok(total);
            }
            let downloads = lost(&self.store, &files).await?;
            if !downloads.is_empty() {
                total = total.saturating_add(count_of(&downloads));
                client.note_lost_files(&LostFiles { downloads }).await?;
            }
        }
    }
}

/// Those of the keys that no row names. What is not ours by its name is left alone.
async fn orphans(client: &DbClient, keys: Vec<StorageKey>) -> Result<Vec<StorageKey>, SweepError> {
    let owned: Vec<_> = keys.into_iter().filter_map(|key| Some((owner(&key)?, key))).collect();
    let owners: HashSet<FileOwner> = owned.iter().map(|(owner, _)| *owner).collect();
    let asked = KnownFilesRequest { owners: owners.into_iter().collect() };
    let known: HashSet<String> = client.known_files(&asked).await?.into_iter().collect();
    let orphans = owned.into_iter().filter(|(_, key)| !known.contains(key.as_str()));
    Ok(orphans.map(|(_, key)| key).collect())
}

/// Whose file a key names, as the job runner makes them.
pub fn owner(key: &StorageKey) -> Option<FileOwner> {
    let mut segments = key.as_str().split('/');
    let kind = match segments.next()? {
        SINGLE_FILES => DownloadType::Single,
        BATCH_FILES => DownloadType::Batch,
        PLAYLIST_FILES => DownloadType::Playlist,
        _ => return None,
    };
    let id = Uuid::parse_str(segments.next()?).ok()?;
    segments.next().map(|_name| FileOwner { kind, id })
}

/// The downloads whose files are gone. A store that does not answer has lost nothing.
async fn lost(store: &Store, files: &[FileOfDownload]) -> Result<Vec<Uuid>, StoreError> {
    let looks = stream::iter(files).map(|file| async move { (file, is_lost(store, file).await) });
    let mut looks = pin!(looks.buffer_unordered(LOOKS_AT_ONCE));
    let mut lost = Vec::new();
    while let Some((file, is_lost)) = looks.next().await {
        if is_lost? {
            log::error!("the file {} of {} is gone", file.file.key, file.download);
            lost.push(file.download);
        }
    }
    Ok(lost)
}

async fn is_lost(store: &Store, file: &FileOfDownload) -> Result<bool, StoreError> {
    let Ok(key) = file.file.key.parse::<StorageKey>() else {
        log::error!("{} is no storage key", file.file.key);
        return Ok(false);
    };
    match store.size_of(&key).await {
        Err(error) if error.is_passing() => Err(error),
        found => Ok(found.err().is_some_and(|error| error.is_not_found())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_runner_makes_have_an_owner() {
        let id = Uuid::now_v7();
        let owned = |text: &str| owner(&text.parse().unwrap());
        let expected = |kind| Some(FileOwner { kind, id });
        assert_eq!(owned(&format!("singlelink/{id}/a.mp4")), expected(DownloadType::Single));
        assert_eq!(owned(&format!("multilink/{id}/a.mp4")), expected(DownloadType::Batch));
        assert_eq!(owned(&format!("playlist/{id}/001_a.mp4")), expected(DownloadType::Playlist));
        for other in ["singlelink/x/a.mp4", "backup/2026/a.mp4", "singlelink/a.mp4"] {
            assert_eq!(owned(other), None, "{other}");
        }
    }
}
