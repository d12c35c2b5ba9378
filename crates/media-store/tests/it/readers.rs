//! Many who read at once, and slowly.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use media_store::{Content, StoreError};

use crate::fixture::{put_sparse, store};

const READERS: usize = 200;
const SIZE: u64 = 64 << 20;

/// With a thread for each reader until its end, the ninth would wait for ever here.
#[test]
fn readers_that_pause_hold_no_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(8).build();
    runtime.unwrap().block_on(async {
        let (directory, store) = store();
        let entry = put_sparse(&directory.path().join("media"), "multilink/s/1.mp4", "a", SIZE);
        let content = Content::File { key: entry.key, size_bytes: SIZE };
        type Reader = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>>>>;
        let mut readers: Vec<Reader> = Vec::new();
        for _ in 0..READERS {
            let mut reader: Reader = Box::pin(content.read(store.reader(), 0..SIZE));
            assert!(reader.next().await.unwrap().is_ok());
            readers.push(reader);
        }
        let mut last = content.read(store.reader(), 0..SIZE).boxed();
        let mut read = 0;
        while let Some(chunk) = last.next().await {
            read += u64::try_from(chunk.unwrap().len()).unwrap();
        }
        assert_eq!(read, SIZE);
        for reader in &mut readers {
            assert!(reader.next().await.unwrap().is_ok());
        }
    });
}
