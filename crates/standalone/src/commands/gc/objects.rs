//! Files: whose time has come, that nobody owns, that are gone.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use common_types::internal::{
    downloads::StoredFile,
    files::{ExpireRequest, FileOfDownload},
};
use db_service::{error::StoreResult, store::files};
use media_store::{StorageKey, Store};
use platform_kit::upkeep;
use service_kit::Clock;

use super::{
    Sweep, Swept,
    rows::{DRY_ROUNDS, forgive, undo},
};
use crate::commands::{outcome::CommandError, user::told};

const PAGE: usize = 200;
const ROWS_PAGE: u32 = 500;
const DOING: &str = "cannot look through the store";

impl Sweep<'_> {
    /// Given up in the database first, so that whatever is lost in between is an object without a row.
    pub(super) async fn expired_files(&mut self) -> Result<Swept, CommandError> {
        let request = ExpireRequest {
            platform: self.platform.to_owned(),
            limit: u32::try_from(PAGE).unwrap_or(1),
        };
        let mut swept = Swept { bytes: Some(0), ..Swept::default() };
        if self.is_dry_run {
            let undone: StoreResult<()> = self.admin.write(|conn, now| {
                for _ in 0..DRY_ROUNDS {
                    let (expired, _marks) = files::expire(conn, &request, now)?;
                    expired.iter().for_each(|file| swept.add(Some(file.size_bytes)));
                    if expired.len() < PAGE {
                        break;
                    }
                }
                Err(undo())
            });
            forgive(undone)?;
            return Ok(swept);
        }
        loop {
            let expired = self.admin.write(|conn, now| files::expire(conn, &request, now));
            let (expired, _marks) = expired.map_err(told)?;
            expired.iter().for_each(|file| swept.add(Some(file.size_bytes)));
            swept.failed = swept.failed.saturating_add(self.remove(keys_of(&expired)).await);
            if expired.len() < PAGE {
                return Ok(swept);
            }
        }
    }

    /// What lies in the store and belongs to no download.
    pub(super) async fn objects_without_a_row(&mut self) -> Result<Swept, CommandError> {
        let mut swept = Swept { bytes: Some(0), ..Swept::default() };
        let Some(store) = self.store.clone() else { return Ok(swept) };
        let before = self.settled_before();
        let settled = if self.is_dry_run {
            store.looked_at(before).await
        } else {
            store.settled(before).await
        };
        let mut settled = settled.map_err(CommandError::failed(DOING))?;
        loop {
            let (rest, page) =
                settled.next_page(PAGE).await.map_err(CommandError::failed(DOING))?;
            settled = rest;
            if page.is_empty() {
                return Ok(swept);
            }
            swept.failed =
                swept.failed.saturating_add(count(page.iter().filter(|key| key.is_err())));
            let orphans = self.orphans(page.into_iter().flatten().collect())?;
            for key in &orphans {
                // One that is gone by now has no size.
                swept.add(store.size_of(key).await.ok());
            }
            if !self.is_dry_run {
                swept.failed = swept.failed.saturating_add(self.remove(orphans).await);
            }
        }
    }

    /// Downloads whose file is not there any more are told of as such.
    pub(super) async fn rows_without_an_object(&mut self) -> Result<Swept, CommandError> {
        let mut swept = Swept::default();
        let Some(store) = self.store.clone() else { return Ok(swept) };
        let mut after = None;
        loop {
            let page =
                self.admin.read(|conn, _now| files::all(conn, after, ROWS_PAGE)).map_err(told)?;
            after = page.last().map(|file| file.download);
            if after.is_none() {
                return Ok(swept);
            }
            let mut lost = Vec::new();
            for file in &page {
                if is_lost(&store, file).await? {
                    lost.push(file.download);
                    swept.add(None);
                }
            }
            if !self.is_dry_run && !lost.is_empty() {
                self.admin.write(|conn, now| files::note_lost(conn, &lost, now)).map_err(told)?;
            }
        }
    }

    /// Those of the keys that no row names. What is not ours by its name is left alone.
    fn orphans(&mut self, keys: Vec<StorageKey>) -> Result<Vec<StorageKey>, CommandError> {
        let owned: Vec<_> =
            keys.into_iter().filter_map(|key| Some((upkeep::owner_of(&key)?, key))).collect();
        let owners: HashSet<_> = owned.iter().map(|(owner, _)| *owner).collect();
        let owners: Vec<_> = owners.into_iter().collect();
        let known = self.admin.read(|conn, _now| files::known(conn, &owners)).map_err(told)?;
        let known: HashSet<String> = known.into_iter().collect();
        let orphans = owned.into_iter().filter(|(_, key)| !known.contains(key.as_str()));
        Ok(orphans.map(|(_, key)| key).collect())
    }

    /// Says how many could not be removed.
    async fn remove(&self, keys: Vec<StorageKey>) -> u64 {
        match &self.store {
            Some(store) => count(store.remove_all(keys).await.iter()),
            None => 0,
        }
    }

    fn settled_before(&self) -> SystemTime {
        let now = u64::try_from(Clock::system().now().as_millis()).unwrap_or_default();
        let age = upkeep::settled_after(self.config.lease);
        let then = Duration::from_millis(now).saturating_sub(age);
        SystemTime::UNIX_EPOCH.checked_add(then).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl Swept {
    fn add(&mut self, bytes: Option<u64>) {
        self.count = self.count.saturating_add(1);
        if let (Some(total), Some(bytes)) = (self.bytes.as_mut(), bytes) {
            *total = total.saturating_add(bytes);
        }
    }
}

fn count(things: impl Iterator) -> u64 {
    u64::try_from(things.count()).unwrap_or(u64::MAX)
}

fn keys_of(files: &[StoredFile]) -> Vec<StorageKey> {
    files.iter().filter_map(|file| file.key.parse().ok()).collect()
}

/// A store that does not answer has lost nothing.
async fn is_lost(store: &Store, file: &FileOfDownload) -> Result<bool, CommandError> {
    let Ok(key) = file.file.key.parse::<StorageKey>() else { return Ok(false) };
    match store.size_of(&key).await {
        Err(error) if error.is_passing() => Err(CommandError::failed(DOING)(error)),
        found => Ok(found.err().is_some_and(|error| error.is_not_found())),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Instant};

    use service_kit::Config;
    use uuid::Uuid;

    use super::*;
    use crate::commands::testing::set_up;

    #[actix_web::test]
    async fn an_object_without_a_row_is_told_and_goes_once_it_has_settled() {
        let directory = tempfile::tempdir().unwrap();
        let (mut config, mut admin) = set_up(directory.path());
        let root = config.storage.directory().unwrap();
        let object = root.join(format!("singlelink/{}/a.mp4", Uuid::now_v7()));
        fs::create_dir_all(object.parent().unwrap()).unwrap();
        fs::write(&object, b"0123456789").unwrap();
        let store = upkeep::open_store(&config.storage).await.unwrap();
        let mut swept = async |config: &Config, is_dry_run| {
            let (platform, store) = ("youtube", Some(store.clone()));
            let mut sweep = Sweep { admin: &mut admin, store, config, platform, is_dry_run };
            sweep.objects_without_a_row().await.unwrap()
        };
        assert_eq!(swept(&config, false).await.count, 0, "it may be a job's that is just ending");
        config.lease = Duration::ZERO;
        let deadline = Instant::now() + Duration::from_secs(30);
        // Times of files are finer than those of the clock.
        while swept(&config, true).await.count == 0 && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        assert_eq!(swept(&config, true).await.bytes, Some(10));
        assert!(object.exists());
        assert_eq!(swept(&config, false).await.count, 1);
        assert!(!object.exists());
    }
}
