//! What the format promises: entries as they were, an empty archive, a tag.

use std::io::{Cursor, Read};
use std::sync::Arc;

use common_types::Timestamp;
use media_store::{Archive, Entry};

use crate::fixture::{put, read_all, some_entries, store};

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
async fn an_empty_archive_is_one_too() {
    let (_directory, store) = store();
    let archive = Arc::new(Archive::new(Vec::new()));
    let bytes = read_all(&store, &archive).await;
    assert_eq!(zip::ZipArchive::new(Cursor::new(bytes)).unwrap().len(), 0);
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
