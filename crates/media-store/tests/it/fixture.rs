//! A store of its own for each test, and archives made of it.

use std::{
    fs::{self, File},
    ops::Range,
    path::Path,
    sync::Arc,
};

use common_types::Timestamp;
use futures_util::TryStreamExt;
use media_store::{Archive, Content, Entry, LocalStore, StorageKey, StoreError, unique_names};
use tempfile::TempDir;

/// Distinct bytes, so that a shifted range shows.
pub(crate) fn content(seed: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from((at * 7 + at / 256 + seed * 31) % 251).unwrap()).collect()
}

pub(crate) fn store() -> (TempDir, LocalStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(&directory.path().join("media")).unwrap();
    (directory, store)
}

pub(crate) fn put(
    directory: &Path,
    store: &LocalStore,
    key: &str,
    name: &str,
    bytes: &[u8],
) -> Entry {
    let source = directory.join("new");
    fs::write(&source, bytes).unwrap();
    let key: StorageKey = key.parse().unwrap();
    let put = store.put(&key, &source).unwrap();
    let modified = Timestamp::from_seconds(1_764_000_000);
    Entry { name: name.into(), key, size_bytes: put.size_bytes, crc32: put.crc32, modified }
}

/// A sparse file takes no room; its checksum is not looked at here.
pub(crate) fn put_sparse(store_root: &Path, key: &str, name: &str, size_bytes: u64) -> Entry {
    let path = store_root.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(&path).unwrap().set_len(size_bytes).unwrap();
    let modified = Timestamp::from_seconds(0);
    Entry { name: name.into(), key: key.parse().unwrap(), size_bytes, crc32: 0, modified }
}

pub(crate) async fn read(
    store: &LocalStore,
    archive: &Arc<Archive>,
    range: Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    let stream = Content::Archive(Arc::clone(archive)).read(store.reader(), range);
    let chunks: Vec<bytes::Bytes> = stream.try_collect().await?;
    Ok(chunks.concat())
}

pub(crate) async fn read_all(store: &LocalStore, archive: &Arc<Archive>) -> Vec<u8> {
    read(store, archive, 0..archive.size_bytes()).await.unwrap()
}

pub(crate) fn some_entries(directory: &Path, store: &LocalStore) -> (Vec<Entry>, Vec<Vec<u8>>) {
    let titles = ["plain.mp4", "日本語 👩‍👩‍👧.mp4", "é.mp4", "e\u{301}.mp4", "empty.mp4", "PLAIN.mp4"];
    let sizes = [10, 3_000_000, 1, 70_000, 0, 5];
    let contents: Vec<_> =
        sizes.iter().enumerate().map(|(seed, size)| content(seed, *size)).collect();
    let names = unique_names(titles.iter().map(|&title| title.to_owned()));
    let entries = names.iter().zip(&contents).enumerate().map(|(number, (name, bytes))| {
        put(directory, store, &format!("multilink/b/{number}.mp4"), name, bytes)
    });
    (entries.collect(), contents)
}
