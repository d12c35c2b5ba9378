//! What holds for a store of either kind.

use std::{
    fs,
    ops::Range,
    os::unix::fs::symlink,
    path::PathBuf,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use common_types::Timestamp;
use futures_util::{StreamExt, TryStreamExt};
use media_store::{Archive, Content, Entry, PutFile, StorageKey, Store, StoreError};
use temp_s3::TempS3;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{bucket::settings, fixture::content};

/// Larger than a part of an upload, and no multiple of it.
const LARGE: usize = 20_000_003;

/// Makes each test of the list twice.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod in_a_directory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Fixture::directory().await).await;
            })*
        }
        mod in_a_bucket {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Fixture::bucket().await).await;
            })*
        }
    };
}

on_both_stores!(
    what_was_put_is_read_back_in_any_range,
    an_archive_is_read_in_any_range,
    a_key_that_is_taken_is_replaced,
    what_is_gone_is_not_found_and_removing_it_is_no_error,
    a_file_that_changed_or_went_ends_the_stream_with_an_error,
    only_what_has_settled_is_listed,
    links_are_not_taken_in,
    dropping_the_stream_ends_the_reading,
);

/// A store of its own, and what it lives in.
struct Fixture {
    store: Store,
    directory: TempDir,
    _server: Option<TempS3>,
}

impl Fixture {
    async fn directory() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open_local(directory.path().join("media")).await.unwrap();
        Self { store, directory, _server: None }
    }

    async fn bucket() -> Self {
        let server = TempS3::start().unwrap();
        let store = Store::open_s3(&settings(&server)).await.unwrap();
        Self { store, directory: tempfile::tempdir().unwrap(), _server: Some(server) }
    }

    fn source(&self, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join("new");
        fs::write(&path, bytes).unwrap();
        path
    }

    async fn put(&self, name: &str, bytes: &[u8]) -> PutFile {
        let source = self.source(bytes);
        let put = self.store.put(&key(name), &source, &CancellationToken::new()).await.unwrap();
        assert!(!source.exists());
        put
    }

    async fn read(&self, content: &Content, range: Range<usize>) -> Result<Vec<u8>, StoreError> {
        let [from, to] = [range.start, range.end].map(|at| u64::try_from(at).unwrap());
        let chunks: Vec<bytes::Bytes> = self.store.read(content, from..to).try_collect().await?;
        Ok(chunks.concat())
    }

    async fn entry(&self, name: &str, bytes: &[u8]) -> Entry {
        let put = self.put(&format!("multilink/b/{name}"), bytes).await;
        Entry {
            name: name.to_owned(),
            key: key(&format!("multilink/b/{name}")),
            size_bytes: put.size_bytes,
            crc32: put.crc32,
            modified: Timestamp::from_seconds(1_764_000_000),
        }
    }

    async fn settled(&self, before: SystemTime) -> Vec<String> {
        let mut settled = self.store.settled(before).await.unwrap();
        let mut all = Vec::new();
        loop {
            let (rest, page) = settled.next_page(2).await.unwrap();
            settled = rest;
            if page.is_empty() {
                all.sort();
                return all;
            }
            all.extend(page.into_iter().map(|key| key.unwrap().to_string()));
        }
    }
}

fn key(name: &str) -> StorageKey {
    name.parse().unwrap()
}

fn file(name: &str, size: usize) -> Content {
    Content::File { key: key(name), size_bytes: u64::try_from(size).unwrap() }
}

async fn what_was_put_is_read_back_in_any_range(fixture: Fixture) {
    let part = 8 * 1024 * 1024;
    for (number, size) in [0, 1, 70_000, part, part + 1, LARGE].into_iter().enumerate() {
        let (name, bytes) = (format!("singlelink/{number}/a.mp4"), content(number, size));
        let put = fixture.put(&name, &bytes).await;
        assert_eq!(put.size_bytes, u64::try_from(size).unwrap());
        assert_eq!(put.crc32, crc32fast::hash(&bytes));
        assert_eq!(put.sha256.len(), 64);
        assert_eq!(fixture.store.size_of(&key(&name)).await.unwrap(), put.size_bytes);
        let whole = file(&name, size);
        for range in [0..size, 0..size.min(1), size / 2..size, size / 3..size / 2, size..size] {
            let read = fixture.read(&whole, range.clone()).await.unwrap();
            assert!(read == bytes[range.clone()], "{size}: {range:?}");
        }
        // A range beyond the end is clamped.
        assert!(fixture.read(&whole, 0..size + 10).await.unwrap() == bytes);
    }
}

async fn an_archive_is_read_in_any_range(fixture: Fixture) {
    let contents = [content(1, 10), content(2, 3_000_000), content(3, 0), content(4, 70_000)];
    let mut entries = Vec::new();
    for (number, bytes) in contents.iter().enumerate() {
        entries.push(fixture.entry(&format!("{number}.mp4"), bytes).await);
    }
    let archive = Content::Archive(Arc::new(Archive::new(entries)));
    let size = usize::try_from(archive.size_bytes()).unwrap();
    let whole = fixture.read(&archive, 0..size).await.unwrap();
    assert_eq!(whole.len(), size);
    let mut opened = zip::ZipArchive::new(std::io::Cursor::new(&whole)).unwrap();
    for (number, bytes) in contents.iter().enumerate() {
        let mut read = Vec::new();
        std::io::copy(&mut opened.by_index(number).unwrap(), &mut read).unwrap();
        assert!(&read == bytes, "{number}");
    }
    for at in 0..40 {
        let from = size / 40 * at;
        let to = (from + size / 7).min(size);
        assert!(fixture.read(&archive, from..to).await.unwrap() == whole[from..to], "{from}");
    }
}

async fn a_key_that_is_taken_is_replaced(fixture: Fixture) {
    let name = "singlelink/1/a.mp4";
    fixture.put(name, &content(1, 100)).await;
    fixture.put(name, &content(2, 200)).await;
    assert!(fixture.read(&file(name, 200), 0..200).await.unwrap() == content(2, 200));
}

async fn what_is_gone_is_not_found_and_removing_it_is_no_error(fixture: Fixture) {
    let names = ["singlelink/1/a.mp4", "singlelink/2/a.mp4"];
    for name in names {
        assert!(fixture.store.size_of(&key(name)).await.unwrap_err().is_not_found());
        fixture.put(name, b"x").await;
        assert_eq!(fixture.store.size_of(&key(name)).await.unwrap(), 1);
    }
    for _ in 0..2 {
        fixture.store.remove(&key(names[0])).await.unwrap();
        let left = fixture.store.remove_all(names.map(key).into()).await;
        assert!(left.is_empty(), "{left:?}");
    }
    for name in names {
        let error = fixture.store.size_of(&key(name)).await.unwrap_err();
        assert!(error.is_not_found() && !error.is_passing());
    }
}

async fn a_file_that_changed_or_went_ends_the_stream_with_an_error(fixture: Fixture) {
    let entry = fixture.entry("1.mp4", &content(1, 3_000_000)).await;
    let archive = Content::Archive(Arc::new(Archive::new(vec![entry.clone()])));
    let broken_off = async || {
        let mut stream = pin!(fixture.store.read(&archive, 0..archive.size_bytes()));
        let mut bytes = 0;
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else { return bytes };
            bytes += chunk.len();
        }
        panic!("the stream ended as if it were whole");
    };
    for size in [5, 3_000_001] {
        fixture.put(entry.key.as_str(), &content(2, size)).await;
        assert!(broken_off().await < 3_000_000, "{size}");
    }
    fixture.store.remove(&entry.key).await.unwrap();
    assert!(broken_off().await < 3_000_000);
}

async fn only_what_has_settled_is_listed(fixture: Fixture) {
    let names = ["multilink/b/1.mp4", "playlist/p/001_a.mp4", "singlelink/1/a.mp4"];
    for name in names {
        fixture.put(name, b"x").await;
    }
    let now = fs::metadata(fixture.source(b"x")).unwrap().modified().unwrap();
    assert!(fixture.settled(now - Duration::from_secs(60)).await.is_empty());
    assert_eq!(fixture.settled(now + Duration::from_secs(60)).await, names);
}

async fn links_are_not_taken_in(fixture: Fixture) {
    let secret = fixture.source(b"s");
    let link = fixture.directory.path().join("link");
    symlink(&secret, &link).unwrap();
    let hard = fixture.directory.path().join("hard");
    fs::hard_link(&secret, &hard).unwrap();
    let wanted = key("singlelink/1/a.mp4");
    for source in [link, hard] {
        let put = fixture.store.put(&wanted, &source, &CancellationToken::new()).await;
        assert!(put.is_err() && source.exists());
    }
    assert!(fixture.store.size_of(&wanted).await.unwrap_err().is_not_found());
}

async fn dropping_the_stream_ends_the_reading(fixture: Fixture) {
    let entry = fixture.entry("1.mp4", &content(1, LARGE)).await;
    let archive = Arc::new(Archive::new(vec![entry]));
    let size = archive.size_bytes();
    let mut stream = Box::pin(fixture.store.read(&Content::Archive(Arc::clone(&archive)), 0..size));
    assert!(stream.next().await.unwrap().is_ok());
    assert!(Arc::strong_count(&archive) > 1, "the reader holds it while it reads");
    drop(stream);
    let deadline = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&archive) > 1 {
        assert!(Instant::now() < deadline, "it still reads");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
