//! A store in a directory: files appear whole, with their checksums, or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::{PutFile, StorageKey, StoreError, StoreReader, checksums::checksum};

/// Holds copies under way; begins with a dot, which no key can.
pub(crate) const DRAFTS: &str = ".drafts";

/// A file of the store, open for reading.
#[derive(Debug)]
pub struct OpenFile {
    pub file: File,
    pub size_bytes: u64,
}

/// A store in a directory of this machine. Every call blocks: run it off the event loop.
#[derive(Debug, Clone)]
pub struct LocalStore {
    reader: StoreReader,
}

impl LocalStore {
    /// Opens the store in `root`, which is made if need be.
    ///
    /// # Errors
    /// When the directory cannot be made or written to.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        make_directory(root)?;
        Ok(Self { reader: StoreReader::establish(root)? })
    }

    /// The same store for whoever only reads.
    pub fn reader(&self) -> &StoreReader {
        &self.reader
    }

    /// Moves the file at `source` into the store, checksums it on the way, and returns only when it
    /// would survive a power cut. A file that the key names already is replaced at once.
    ///
    /// # Errors
    /// When it cannot be read or stored; nothing is then left under the key.
    pub fn put(&self, key: &StorageKey, source: &Path) -> Result<PutFile, StoreError> {
        let target = self.path_of(key);
        let unreadable = |error| StoreError::ReadSource(source.to_owned(), error);
        let failed = |error| StoreError::Write(key.clone(), error);
        let directory = target.parent().unwrap_or(self.reader.root());
        make_directory(directory)?;
        let mut file = open_regular(source).map_err(unreadable)?;
        let put = checksum(&mut file).map_err(unreadable)?;
        file.sync_all().map_err(failed)?;
        match fs::rename(source, &target) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                self.copy(source, &target).map_err(failed)?;
            }
            renamed => renamed.map_err(failed)?,
        }
        sync_directory(directory).map_err(failed)?;
        Ok(put)
    }

    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub fn open_file(&self, key: &StorageKey) -> Result<OpenFile, StoreError> {
        self.reader.open_file(key)
    }

    /// Removes a file, and its directory if that is then empty. One that is gone is no error.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn remove(&self, key: &StorageKey) -> Result<(), StoreError> {
        let path = self.path_of(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::Remove(key.clone(), error));
            }
            _ => {}
        }
        if let Some(directory) = path.parent().filter(|directory| *directory != self.reader.root())
        {
            // A directory that still holds something stays.
            let _still_in_use = fs::remove_dir(directory);
        }
        Ok(())
    }

    fn path_of(&self, key: &StorageKey) -> PathBuf {
        self.reader.root().join(key.as_path())
    }

    /// The source is on another file system: copy beside the target, then rename as usual.
    fn copy(&self, source: &Path, target: &Path) -> io::Result<()> {
        let drafts = self.reader.root().join(DRAFTS);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&drafts)?;
        let draft = drafts.join(format!("{}-{}", std::process::id(), target_name(target)));
        let copied = copy_synced(source, &draft).and_then(|()| fs::rename(&draft, target));
        if copied.is_err() {
            // The first error is the one to tell.
            let _unremovable = fs::remove_file(&draft);
        }
        copied?;
        fs::remove_file(source)
    }
}

fn target_name(target: &Path) -> String {
    let parent = target.parent().and_then(Path::file_name).unwrap_or_default();
    let name = target.file_name().unwrap_or_default();
    format!("{}-{}", parent.to_string_lossy(), name.to_string_lossy())
}

fn copy_synced(source: &Path, draft: &Path) -> io::Result<()> {
    let mut from = open_regular(source)?;
    let mut to =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    io::copy(&mut from, &mut to)?;
    to.flush()?;
    to.sync_all()
}

fn make_directory(path: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StoreError::MakeDirectory(path.to_owned(), error))
}

/// Opens a regular file and nothing else: never through a link, never a pipe that would block.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    // A second name would let whoever holds it change what was checked.
    if metadata.is_file() && metadata.nlink() == 1 {
        Ok(file)
    } else {
        Err(io::Error::other("not a regular file with one name"))
    }
}

/// A rename is durable only once its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::{io::Read, os::unix::fs::symlink};

    use super::*;

    fn store() -> (tempfile::TempDir, LocalStore) {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::open(&directory.path().join("media")).unwrap();
        (directory, store)
    }

    fn key(text: &str) -> StorageKey {
        text.parse().unwrap()
    }

    #[test]
    fn a_file_is_moved_in_checksummed_and_read_back() {
        let (directory, store) = store();
        let source = directory.path().join("new");
        fs::write(&source, b"123456789").unwrap();
        let put = store.put(&key("singlelink/1/a.mp4"), &source).unwrap();
        // The check values of CRC-32 (ISO-HDLC) and SHA-256 for "123456789".
        assert_eq!((put.size_bytes, put.crc32), (9, 0xcbf4_3926));
        assert!(put.sha256.starts_with("15e2b0d3c33891ebb0f1ef609ec41942"));
        assert!(!source.exists());
        let mut opened = store.open_file(&key("singlelink/1/a.mp4")).unwrap();
        let mut text = String::new();
        opened.file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "123456789");
    }

    #[test]
    fn removing_takes_the_empty_directory_along_and_is_repeatable() {
        let (directory, store) = store();
        let source = directory.path().join("new");
        fs::write(&source, b"x").unwrap();
        store.put(&key("singlelink/1/a.mp4"), &source).unwrap();
        store.remove(&key("singlelink/1/a.mp4")).unwrap();
        store.remove(&key("singlelink/1/a.mp4")).unwrap();
        assert!(!directory.path().join("media/singlelink/1").exists());
        assert!(store.open_file(&key("singlelink/1/a.mp4")).unwrap_err().is_not_found());
    }

    #[test]
    fn links_are_not_taken_in() {
        let (directory, store) = store();
        let secret = directory.path().join("secret");
        fs::write(&secret, b"s").unwrap();
        let link = directory.path().join("link");
        symlink(&secret, &link).unwrap();
        assert!(store.put(&key("singlelink/1/a.mp4"), &link).is_err());
        let hard = directory.path().join("hard");
        fs::hard_link(&secret, &hard).unwrap();
        assert!(store.put(&key("singlelink/1/a.mp4"), &hard).is_err());
    }
}
