//! The root of a store, as whoever may only read sees it: what the store is known by, and files
//! opened beneath it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    sync::Arc,
};

use rustix::fs::{Mode, OFlags, open, openat};
use uuid::Uuid;

use crate::{OpenFile, StorageKey, StoreError};

/// Holds the random half of the id; begins with a dot, which no key can.
const ID_FILE: &str = ".store-id";

/// A store that another process may own, open for reading. Every call blocks: run it off the event
/// loop.
#[derive(Debug, Clone)]
pub struct StoreReader {
    root: Arc<Path>,
    id: Arc<str>,
}

impl StoreReader {
    /// Finds the store in `root`.
    ///
    /// # Errors
    /// When there is none, or this process may not read it.
    pub fn find(root: &Path) -> Result<Self, StoreError> {
        let id = open_plain(root, ID_FILE).and_then(|mut file| read_id(&mut file));
        let id = id.map_err(|error| StoreError::Identify(root.to_owned(), error))?;
        Ok(Self { root: root.into(), id: id.into() })
    }

    /// As [`StoreReader::find`], in a directory of our own; a store that has no id yet gets one.
    pub(crate) fn establish(root: &Path) -> Result<Self, StoreError> {
        let id = establish_id(&root.join(ID_FILE));
        let id = id.map_err(|error| StoreError::Identify(root.to_owned(), error))?;
        Ok(Self { root: root.into(), id: id.into() })
    }

    /// Tells this store from every other, a copy included. Whoever knows it can read the store.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Opens a file of the store, never through a link, wherever on the way to it that is.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub fn open_file(&self, key: &StorageKey) -> Result<OpenFile, StoreError> {
        let failed = |error| StoreError::Open(key.clone(), error);
        let file = open_plain(&self.root, key.as_str()).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        // A second name would let whoever holds it change what was checked.
        if !metadata.is_file() || metadata.nlink() != 1 {
            return Err(failed(io::Error::other("not a regular file with one name")));
        }
        Ok(OpenFile { file, size_bytes: metadata.len() })
    }
}

/// Opens `path` beneath `root` segment by segment, none of which may be a link. Not through
/// `openat2`, which some sandboxes refuse; the segments of a key cannot climb.
fn open_plain(root: &Path, path: &str) -> io::Result<File> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = open(root, directory, Mode::empty())?;
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    for segment in parents.split('/').filter(|segment| !segment.is_empty()) {
        at = openat(&at, segment, directory | OFlags::NOFOLLOW, Mode::empty())?;
    }
    // A pipe would block.
    let file = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(&at, name, file, Mode::empty())?.into())
}

fn establish_id(path: &Path) -> io::Result<String> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(path)?;
    // Services that share the store may start at the same moment.
    file.lock()?;
    if let Ok(id) = read_id(&mut file) {
        return Ok(id);
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(Uuid::new_v4().simple().to_string().as_bytes())?;
    file.sync_all()?;
    file.rewind()?;
    read_id(&mut file)
}

/// The random half, and the file's own number, which a copy does not share.
fn read_id(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.take(64).read_to_string(&mut text)?;
    let id = Uuid::try_parse(&text).map_err(io::Error::other)?;
    Ok(format!("{}-{:x}", id.simple(), file.metadata()?.ino()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::LocalStore;

    fn store() -> (tempfile::TempDir, LocalStore) {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::open(&directory.path().join("media")).unwrap();
        (directory, store)
    }

    #[test]
    fn a_store_keeps_its_id_and_a_copy_has_another() {
        let (directory, store) = store();
        let root = directory.path().join("media");
        assert_eq!(LocalStore::open(&root).unwrap().reader().id(), store.reader().id());
        assert_eq!(StoreReader::find(&root).unwrap().id(), store.reader().id());
        let copy = directory.path().join("copy");
        fs::create_dir(&copy).unwrap();
        assert!(StoreReader::find(&copy).unwrap_err().is_not_found());
        fs::copy(root.join(ID_FILE), copy.join(ID_FILE)).unwrap();
        assert_ne!(StoreReader::find(&copy).unwrap().id(), store.reader().id());
        assert_eq!(fs::metadata(root.join(ID_FILE)).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_id_that_was_cut_is_replaced() {
        let (directory, store) = store();
        let root = directory.path().join("media");
        fs::write(root.join(ID_FILE), "0198").unwrap();
        assert!(StoreReader::find(&root).is_err());
        let renewed = LocalStore::open(&root).unwrap();
        assert_ne!(renewed.reader().id(), store.reader().id());
        assert_eq!(StoreReader::find(&root).unwrap().id(), renewed.reader().id());
    }

    #[test]
    fn a_link_is_not_followed_wherever_it_stands() {
        let (directory, store) = store();
        let root = directory.path().join("media");
        fs::create_dir_all(directory.path().join("outside/b")).unwrap();
        fs::write(directory.path().join("outside/b/secret"), b"s").unwrap();
        fs::create_dir_all(root.join("multilink/b")).unwrap();
        symlink(directory.path().join("outside"), root.join("linked")).unwrap();
        symlink(directory.path().join("outside/b"), root.join("multilink/linked")).unwrap();
        symlink(directory.path().join("outside/b/secret"), root.join("multilink/b/1")).unwrap();
        for key in ["linked/b/secret", "multilink/linked/secret", "multilink/b/1", "multilink/b"] {
            assert!(store.open_file(&key.parse().unwrap()).is_err(), "{key}");
        }
    }
}
