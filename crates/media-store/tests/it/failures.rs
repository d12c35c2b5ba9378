//! A file that is not what it was, and a reader that goes away.

use std::{
    fs::{self, File},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use media_store::{Archive, Content, LocalStore};

use crate::fixture::{put_sparse, read, some_entries, store};

/// Streams all of it, and tells what came before it failed.
async fn broken_off(store: &LocalStore, archive: &Arc<Archive>) -> u64 {
    let range = 0..archive.size_bytes();
    let mut stream = pin!(Content::Archive(Arc::clone(archive)).read(store.reader(), range));
    let mut bytes = 0;
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else {
            assert!(stream.next().await.is_none(), "nothing follows an error");
            return bytes;
        };
        bytes += u64::try_from(chunk.len()).unwrap();
    }
    panic!("the stream ended as if it were whole");
}

#[tokio::test]
async fn a_file_that_changed_or_went_ends_the_stream_with_an_error() {
    let (directory, store) = store();
    let (entries, _) = some_entries(directory.path(), &store);
    let archive = Arc::new(Archive::new(entries.clone()));
    let path = directory.path().join("media").join(entries[1].key.as_str());
    File::options().write(true).open(&path).unwrap().set_len(5).unwrap();
    assert!(broken_off(&store, &archive).await < archive.size_bytes());
    // What lies before it can still be had.
    assert_eq!(read(&store, &archive, 0..40).await.unwrap().len(), 40);
    File::options().write(true).open(&path).unwrap().set_len(entries[1].size_bytes + 1).unwrap();
    assert!(broken_off(&store, &archive).await < archive.size_bytes(), "a longer one is another");
    fs::remove_file(&path).unwrap();
    assert!(broken_off(&store, &archive).await < archive.size_bytes());
}

#[tokio::test]
async fn a_file_cut_while_it_is_read_ends_the_stream_with_an_error() {
    let (directory, store) = store();
    let root = directory.path().join("media");
    let entry = put_sparse(&root, "multilink/c/1.mp4", "a.mp4", 64 << 20);
    let path = root.join(entry.key.as_str());
    let archive = Arc::new(Archive::new(vec![entry]));
    let range = 0..archive.size_bytes();
    let mut stream = pin!(Content::Archive(Arc::clone(&archive)).read(store.reader(), range));
    assert!(stream.next().await.unwrap().is_ok());
    // It reads little ahead: most of the file is not read yet.
    File::options().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
    let rest: Vec<_> = stream.collect().await;
    assert!(rest.last().unwrap().is_err());
}

#[tokio::test]
async fn dropping_the_stream_ends_the_reading() {
    let (directory, store) = store();
    let root = directory.path().join("media");
    let entry = put_sparse(&root, "multilink/d/1.mp4", "a.mp4", 6 << 30);
    let archive = Arc::new(Archive::new(vec![entry]));
    let range = 0..archive.size_bytes();
    let mut stream = Box::pin(Content::Archive(Arc::clone(&archive)).read(store.reader(), range));
    assert!(stream.next().await.unwrap().is_ok());
    assert!(Arc::strong_count(&archive) > 1, "the reader holds it while it reads");
    drop(stream);
    let deadline = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&archive) > 1 {
        assert!(Instant::now() < deadline, "it still reads");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
