//! An archive, or a part of it, read while it is sent.

use std::{error::Error, fs::File, io, iter, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::Stream;

use super::{Archive, Entry, layout::Piece};
use crate::{
    Store,
    read::{Sender, channel, send_range},
};

/// Headers are gathered up to this size before they are sent.
const GATHER_BYTES: usize = 64 * 1024;

/// Streams the bytes of `range`. Files are opened one at a time; one that is gone, or no longer has
/// the length that the archive was laid out for, ends the stream with an error, so that the
/// connection is cut and nobody takes a part for the whole. Dropping the stream ends the reading.
pub fn read_archive(
    store: Store,
    archive: Arc<Archive>,
    range: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (sender, stream) = channel();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send(&sender, &store, &archive, range) {
            log::error!("an archive had to be cut short: {}", with_causes(&error));
            // If the reader is gone, nobody is left to tell.
            let _unheard = sender.blocking_send(Err(error));
        }
    });
    stream
}

fn send(sender: &Sender, store: &Store, archive: &Archive, range: Range<u64>) -> io::Result<()> {
    let mut gathered = Vec::new();
    for piece in archive.pieces(range) {
        match piece {
            Piece::Bytes(bytes) => {
                gathered.extend_from_slice(&bytes);
                if gathered.len() < GATHER_BYTES {
                    continue;
                }
                if !flush(sender, &mut gathered) {
                    return Ok(());
                }
            }
            Piece::File(entry, range) => {
                let file = open(store, entry)?;
                let sent = flush(sender, &mut gathered) && send_file(sender, &file, entry, range)?;
                if !sent {
                    return Ok(());
                }
            }
        }
    }
    flush(sender, &mut gathered);
    Ok(())
}

/// Opens an entry's file, if it is still the one that the archive was laid out for.
fn open(store: &Store, entry: &Entry) -> io::Result<File> {
    let opened = store.open_file(&entry.key).map_err(io::Error::other)?;
    if opened.size_bytes == entry.size_bytes {
        Ok(opened.file)
    } else {
        Err(io::Error::other(format!("{} has {} bytes now", entry.key, opened.size_bytes)))
    }
}

fn send_file(sender: &Sender, file: &File, entry: &Entry, range: Range<u64>) -> io::Result<bool> {
    let sent = send_range(sender, file, range);
    sent.map_err(|error| io::Error::new(error.kind(), format!("reading {}: {error}", entry.key)))
}

/// Sends what was gathered; false when nobody reads any more.
fn flush(sender: &Sender, gathered: &mut Vec<u8>) -> bool {
    let bytes = std::mem::take(gathered);
    bytes.is_empty() || sender.blocking_send(Ok(bytes.into())).is_ok()
}

fn with_causes(error: &io::Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;

    #[test]
    fn the_log_says_why_a_file_cannot_be_opened() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let key = "multilink/b/1.mp4".parse().unwrap();
        let error = io::Error::other(StoreError::Open(key, missing));
        assert_eq!(with_causes(&error), "cannot open multilink/b/1.mp4: entity not found");
    }
}
