//! Reads for delivery: large chunks, one blocking task per response, a short channel between.
//!
//! With the client's share counted this costs half the CPU of small chunks with a thread hop each,
//! and beats `sendfile` on loopback; the channel bounds memory to a few chunks per slow client.

use std::{fs::File, io, ops::Range};

use bytes::Bytes;
use futures_util::{Stream, stream};
use rustix::{
    buffer::spare_capacity,
    io::{pread, retry_on_intr},
};
use tokio::sync::mpsc;

const CHUNK_BYTES: usize = 1024 * 1024;
const CHUNKS_AHEAD: usize = 4;

pub(crate) type Sender = mpsc::Sender<io::Result<Bytes>>;

/// Streams the bytes of `range`. A file that turns out shorter ends the stream with an error, so
/// that nobody takes a part for the whole. Dropping the stream ends the reading.
pub fn read_range(file: File, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> {
    let (sender, stream) = channel();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send_range(&sender, &file, range) {
            // If the reader is gone, nobody is left to tell.
            let _unheard = sender.blocking_send(Err(error));
        }
    });
    stream
}

/// A short channel of chunks, and its end as a stream.
pub(crate) fn channel() -> (Sender, impl Stream<Item = io::Result<Bytes>>) {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    (sender, chunks)
}

/// Sends the bytes of `range` in large chunks, blocking; false when nobody reads any more.
pub(crate) fn send_range(sender: &Sender, file: &File, range: Range<u64>) -> io::Result<bool> {
    let mut offset = range.start;
    while offset < range.end {
        let chunk = read_chunk(file, offset, range.end.saturating_sub(offset))?;
        offset = offset.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if sender.blocking_send(Ok(chunk)).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read_chunk(file: &File, offset: u64, left: u64) -> io::Result<Bytes> {
    let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
    // Read into memory that nobody has cleared first.
    let mut buffer = Vec::with_capacity(size);
    while buffer.len() < size {
        let at = offset.saturating_add(u64::try_from(buffer.len()).unwrap_or(u64::MAX));
        let read = retry_on_intr(|| pread(file, spare_capacity(&mut buffer), at))?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // A vector may have been given more room than was asked for.
    buffer.truncate(size);
    Ok(buffer.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::TryStreamExt;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    async fn collect(file: File, range: Range<u64>) -> io::Result<Vec<u8>> {
        let chunks: Vec<Bytes> = read_range(file, range).try_collect().await?;
        Ok(chunks.concat())
    }

    #[tokio::test]
    async fn a_range_is_exactly_that_slice() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for (start, end) in [(0, 0), (0, 1), (5, 2_500_001), (0, 3_000_000)] {
            let read = collect(file(&bytes), start..end).await.unwrap();
            let slice = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
            assert_eq!(read, bytes[slice]);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_promised_is_an_error() {
        assert!(collect(file(b"short"), 0..10).await.is_err());
    }
}
