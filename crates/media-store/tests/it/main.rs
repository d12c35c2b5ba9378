//! Archives as the tools of others read them.

#![expect(clippy::unwrap_used, reason = "test code")]

use std::{
    fs::{self, File},
    io::{Cursor, Read},
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use common_types::Timestamp;
use futures_util::TryStreamExt;
use media_store::{Archive, Entry, StorageKey, Store, numbered_name, read_archive, unique_names};
use proptest::{prelude::*, test_runner::TestRunner};
use tempfile::TempDir;

/// Distinct bytes, so that a shifted range shows.
fn content(seed: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from((at * 7 + at / 256 + seed * 31) % 251).unwrap()).collect()
}

fn store() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("media")).unwrap();
    (directory, store)
}

fn put(directory: &Path, store: &Store, key: &str, name: &str, bytes: &[u8]) -> Entry {
    let source = directory.join("new");
    fs::write(&source, bytes).unwrap();
    let key: StorageKey = key.parse().unwrap();
    let put = store.put(&key, &source).unwrap();
    let modified = Timestamp::from_seconds(1_764_000_000);
    Entry { name: name.into(), key, size_bytes: put.size_bytes, crc32: put.crc32, modified }
}

async fn read(
    store: &Store,
    archive: &Arc<Archive>,
    range: Range<u64>,
) -> std::io::Result<Vec<u8>> {
    let stream = read_archive(store.clone(), Arc::clone(archive), range);
    let chunks: Vec<bytes::Bytes> = stream.try_collect().await?;
    Ok(chunks.concat())
}

async fn read_all(store: &Store, archive: &Arc<Archive>) -> Vec<u8> {
    read(store, archive, 0..archive.size_bytes()).await.unwrap()
}

fn some_entries(directory: &Path, store: &Store) -> (Vec<Entry>, Vec<Vec<u8>>) {
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

#[tokio::test]
async fn the_zip_crate_reads_back_what_was_put_in() {
    let (directory, store) = store();
    let (entries, contents) = some_entries(directory.path(), &store);
    let archive = Arc::new(Archive::new(entries.clone()));
    let bytes = read_all(&store, &archive).await;
    assert_eq!(u64::try_from(bytes.len()).unwrap(), archive.size_bytes());
    let mut opened = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(opened.len(), entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let mut file = opened.by_index(index).unwrap();
        assert_eq!(file.name().unwrap(), entry.name);
        assert_eq!(file.compression(), zip::CompressionMethod::Stored);
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, contents[index], "{}", entry.name);
    }
}

#[tokio::test]
async fn other_peoples_tools_open_it_without_complaint() {
    let (directory, store) = store();
    let (entries, contents) = some_entries(directory.path(), &store);
    let archive = Arc::new(Archive::new(entries.clone()));
    let path = directory.path().join("all.zip");
    fs::write(&path, read_all(&store, &archive).await).unwrap();
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    let path_text = path.to_str().unwrap();
    let python = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); sys.exit(z.testzip() is not None or len(z.namelist()) != 6)";
    for (tool, arguments) in [
        ("unzip", vec!["-tqq", path_text]),
        ("python3", vec!["-c", python, path_text]),
        ("bsdtar", vec!["-tf", path_text]),
        ("7z", vec!["t", path_text]),
        ("python3", vec!["-m", "zipfile", "-e", path_text, out.to_str().unwrap()]),
    ] {
        let output = Command::new(tool).args(&arguments).env("LC_ALL", "C.UTF-8").output();
        let output = output.unwrap_or_else(|error| panic!("{tool} must be installed: {error}"));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{tool} {arguments:?}: {text}");
    }
    for (entry, bytes) in entries.iter().zip(&contents) {
        assert_eq!(&fs::read(out.join(&entry.name)).unwrap(), bytes, "{}", entry.name);
    }
}

#[test]
fn any_range_is_that_slice_of_the_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (directory, store) = store();
    let mut runner = TestRunner::default();
    let sizes = proptest::collection::vec(0_usize..3000, 0..6);
    let test = (sizes, any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let checked = runner.run(&test, |(sizes, one, other)| {
        let entries = sizes.iter().enumerate().map(|(number, size)| {
            let key = format!("multilink/p/{number}.mp4");
            put(directory.path(), &store, &key, &format!("{number}.mp4"), &content(number, *size))
        });
        let archive = Arc::new(Archive::new(entries.collect()));
        let whole = runtime.block_on(read_all(&store, &archive));
        prop_assert_eq!(u64::try_from(whole.len()).unwrap(), archive.size_bytes());
        let (one, other) = (one.index(whole.len() + 1), other.index(whole.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let range = u64::try_from(from).unwrap()..u64::try_from(to).unwrap();
        let part = runtime.block_on(read(&store, &archive, range)).unwrap();
        prop_assert_eq!(part.as_slice(), &whole[from..to]);
        Ok(())
    });
    checked.unwrap();
}

/// A sparse file takes no room; its checksum is not looked at here.
fn put_sparse(store_root: &Path, key: &str, name: &str, size_bytes: u64) -> Entry {
    let path = store_root.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(&path).unwrap().set_len(size_bytes).unwrap();
    let modified = Timestamp::from_seconds(0);
    Entry { name: name.into(), key: key.parse().unwrap(), size_bytes, crc32: 0, modified }
}

#[tokio::test]
async fn beyond_four_gigabytes_it_is_a_zip64_that_others_understand() {
    let (directory, store) = store();
    let root = directory.path().join("media");
    let large = 6 * 1024 * 1024 * 1024;
    let entries = vec![
        put_sparse(&root, "multilink/l/1.mp4", "large.mp4", large),
        put(directory.path(), &store, "multilink/l/2.mp4", "small.mp4", b"behind the large one"),
    ];
    let archive = Arc::new(Archive::new(entries));
    let size = archive.size_bytes();
    // The tail, written where it belongs into a sparse file: what a tool reads to list it.
    let tail = read(&store, &archive, large..size).await.unwrap();
    let path = directory.path().join("large.zip");
    let file = File::create(&path).unwrap();
    file.set_len(size).unwrap();
    let head = read(&store, &archive, 0..4096).await.unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &head, 0).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &tail, large).unwrap();
    let mut opened = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    assert_eq!(opened.by_index(0).unwrap().size(), large);
    let mut small = String::new();
    opened.by_name("small.mp4").unwrap().read_to_string(&mut small).unwrap();
    assert_eq!(small, "behind the large one");
    let listed = Command::new("unzip").args(["-l", path.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&large.to_string()));
    // The directory itself lies beyond 4 GiB.
    let second = read(&store, &archive, 30 + 9..30 + 9 + 20).await.unwrap();
    assert_eq!(second[..4], [1, 0, 16, 0], "the ZIP64 field of the first entry");
}

#[tokio::test]
async fn more_than_65535_entries_are_counted_right() {
    let (directory, store) = store();
    let first = put(directory.path(), &store, "multilink/m/1.mp4", "1", b"x");
    let entries: Vec<Entry> = (0..70_000)
        .map(|number| Entry { name: numbered_name(number + 1, 70_000, "a.mp4"), ..first.clone() })
        .collect();
    let archive = Arc::new(Archive::new(entries));
    let bytes = read_all(&store, &archive).await;
    let opened = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(opened.len(), 70_000);
    assert!(opened.index_for_name("70000_a.mp4").is_some());
}

#[tokio::test]
async fn an_empty_archive_is_one_too() {
    let (_directory, store) = store();
    let archive = Arc::new(Archive::new(Vec::new()));
    let bytes = read_all(&store, &archive).await;
    assert_eq!(zip::ZipArchive::new(Cursor::new(bytes)).unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_changed_or_went_ends_the_stream_with_an_error() {
    let (directory, store) = store();
    let (entries, _) = some_entries(directory.path(), &store);
    let archive = Arc::new(Archive::new(entries.clone()));
    let path: PathBuf = directory.path().join("media").join(entries[1].key.as_str());
    File::options().write(true).open(&path).unwrap().set_len(5).unwrap();
    assert!(read(&store, &archive, 0..archive.size_bytes()).await.is_err());
    fs::remove_file(&path).unwrap();
    assert!(read(&store, &archive, 0..archive.size_bytes()).await.is_err());
}

#[test]
fn the_tag_changes_with_anything_that_changes_a_byte() {
    let (directory, store) = store();
    let entry = put(directory.path(), &store, "multilink/t/1.mp4", "a.mp4", b"x");
    let tag = |entry: Entry| Archive::new(vec![entry]).etag();
    let original = tag(entry.clone());
    let later = Timestamp::from_seconds(entry.modified.as_seconds() + 2);
    for changed in [
        Entry { name: "b.mp4".into(), ..entry.clone() },
        Entry { size_bytes: 2, ..entry.clone() },
        Entry { crc32: 1, ..entry.clone() },
        Entry { modified: later, ..entry.clone() },
    ] {
        assert_ne!(tag(changed), original);
    }
    assert_eq!(tag(entry), original);
}
