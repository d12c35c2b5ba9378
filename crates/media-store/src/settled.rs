//! What lies in a store and has not been touched for a while, for whoever looks after it.

use std::{
    fs::{self, DirEntry, Metadata, ReadDir},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{LocalStore, StorageKey, StoreError, local::DRAFTS};

/// The files of a store that were last changed before a certain time, in no order, read lazily.
/// Directories that are empty for as long, and copies that were never finished, go on the way.
/// Every step blocks: run it off the event loop.
#[derive(Debug)]
pub struct LocalSettled {
    root: PathBuf,
    before: SystemTime,
    /// Whether what is left behind goes on the way.
    is_tidying: bool,
    open: Vec<Directory>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    entries: ReadDir,
    has_entries: bool,
}

impl LocalStore {
    /// # Errors
    /// When the store cannot be read.
    pub fn settled(&self, before: SystemTime) -> Result<LocalSettled, StoreError> {
        let root = self.reader().root().to_owned();
        let failed = |error| StoreError::List(root.clone(), error);
        remove_drafts(&root.join(DRAFTS), before).map_err(failed)?;
        let looked_at = self.looked_at(before)?;
        Ok(LocalSettled { is_tidying: true, ..looked_at })
    }

    /// As [`LocalStore::settled`], and everything stays as it is.
    ///
    /// # Errors
    /// As there.
    pub fn looked_at(&self, before: SystemTime) -> Result<LocalSettled, StoreError> {
        let root = self.reader().root().to_owned();
        let failed = |error| StoreError::List(root.clone(), error);
        let open = vec![Directory::open(root.clone()).map_err(failed)?];
        Ok(LocalSettled { root, before, is_tidying: false, open })
    }
}

impl Directory {
    fn open(path: PathBuf) -> io::Result<Self> {
        let entries = fs::read_dir(&path)?;
        Ok(Self { path, entries, has_entries: false })
    }
}

impl Iterator for LocalSettled {
    type Item = Result<StorageKey, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let directory = self.open.last_mut()?;
            match directory.entries.next() {
                Some(Ok(entry)) => {
                    directory.has_entries = true;
                    match self.visit(&entry) {
                        Ok(None) => {}
                        Ok(Some(key)) => return Some(Ok(key)),
                        // It went while we were looking.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Some(Err(StoreError::List(entry.path(), error))),
                    }
                }
                Some(Err(error)) => {
                    let path = directory.path.clone();
                    self.open.pop();
                    return Some(Err(StoreError::List(path, error)));
                }
                None => self.leave(),
            }
        }
    }
}

impl LocalSettled {
    /// The key of a file that has settled; a directory is opened.
    fn visit(&mut self, entry: &DirEntry) -> io::Result<Option<StorageKey>> {
        let path = entry.path();
        let Some(key) = self.key_of(&path) else { return Ok(None) };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            self.open.push(Directory::open(path)?);
            return Ok(None);
        }
        let has_settled = kind.is_file() && changed(&entry.metadata()?) < self.before;
        Ok(has_settled.then_some(key))
    }

    /// What no key can name is not ours to look after.
    fn key_of(&self, path: &Path) -> Option<StorageKey> {
        path.strip_prefix(&self.root).ok()?.to_str()?.parse().ok()
    }

    fn leave(&mut self) {
        let Some(directory) = self.open.pop() else { return };
        // The directories below the root stay: each is a kind of downloads.
        let is_deep = self.open.len() > 1;
        let metadata = directory.path.metadata();
        let has_settled = metadata.is_ok_and(|metadata| changed(&metadata) < self.before);
        if self.is_tidying && is_deep && !directory.has_entries && has_settled {
            // Someone may just have put something there.
            let _in_use_again = fs::remove_dir(&directory.path);
        }
    }
}

/// When a file was last written, renamed or linked. The time of its content is no measure: it comes
/// along from wherever the file was before.
fn changed(metadata: &Metadata) -> SystemTime {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
    let since = Duration::new(seconds, nanos);
    SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn remove_drafts(drafts: &Path, before: SystemTime) -> io::Result<()> {
    let entries = match fs::read_dir(drafts) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if changed(&entry.metadata()?) < before {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_what_has_settled_is_listed_and_empty_directories_go() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("media");
        let store = LocalStore::open(&root).unwrap();
        for path in
            ["singlelink/1/a.mp4", "playlist/p/001_a.mp4", "playlist/p/.hidden", ".drafts/d"]
        {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), b"x").unwrap();
        }
        fs::create_dir_all(root.join("singlelink/empty")).unwrap();
        let keys = |before: SystemTime| -> BTreeSet<String> {
            store.settled(before).unwrap().map(|key| key.unwrap().to_string()).collect()
        };
        let written = root.join("singlelink/empty").metadata().unwrap().modified().unwrap();
        assert!(keys(written - Duration::from_secs(60)).is_empty());
        assert!(root.join("singlelink/empty").exists() && root.join(".drafts/d").exists());
        let all = ["playlist/p/001_a.mp4", "singlelink/1/a.mp4"].map(str::to_owned);
        assert_eq!(keys(written + Duration::from_secs(60)), all.into());
        assert!(!root.join("singlelink/empty").exists() && !root.join(".drafts/d").exists());
        assert!(root.join("singlelink/1").exists());
    }
}
