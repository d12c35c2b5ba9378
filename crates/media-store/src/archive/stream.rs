//! An archive, or a part of it, read while it is sent.

use std::{io, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::Stream;

use super::{Archive, layout::Piece};
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
            log::error!("an archive had to be cut short: {error}");
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
                let opened = store.open_file(&entry.key).map_err(io::Error::other)?;
                if opened.size_bytes != entry.size_bytes {
                    let what = format!("{} has {} bytes now", entry.key, opened.size_bytes);
                    return Err(io::Error::other(what));
                }
                if !flush(sender, &mut gathered) || !send_range(sender, &opened.file, range)? {
                    return Ok(());
                }
            }
        }
    }
    flush(sender, &mut gathered);
    Ok(())
}

/// Sends what was gathered; false when nobody reads any more.
fn flush(sender: &Sender, gathered: &mut Vec<u8>) -> bool {
    let bytes = std::mem::take(gathered);
    bytes.is_empty() || sender.blocking_send(Ok(bytes.into())).is_ok()
}
