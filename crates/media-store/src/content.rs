//! What is delivered, as a sequence of pieces: bytes as they are, and parts of files.

use std::{iter, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::Stream;

use crate::{Archive, Plan, S3Store, StorageKey, StoreError, StoreReader, read, s3};

/// One file as it is, or many as one archive.
#[derive(Debug, Clone)]
pub enum Content {
    File { key: StorageKey, size_bytes: u64 },
    Archive(Arc<Archive>),
}

/// A part of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Bytes(Bytes),
    /// A part, never empty, of a file that has `size_bytes`.
    File {
        key: StorageKey,
        size_bytes: u64,
        range: Range<u64>,
    },
}

pub(crate) type Pieces = Box<dyn Iterator<Item = Piece> + Send>;

impl Content {
    /// The length of the whole in bytes, exactly.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::File { size_bytes, .. } => *size_bytes,
            Self::Archive(archive) => archive.size_bytes(),
        }
    }

    /// Streams the bytes of `range`. A file that is gone, or no longer has the length that was
    /// promised, ends the stream with an error, so that nobody takes a part for the whole.
    /// Dropping the stream ends the reading.
    pub fn read(
        &self,
        store: &StoreReader,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + use<> {
        let range = self.clamped(range);
        let size = range.end.saturating_sub(range.start);
        read::stream(store.clone(), self.pieces(range), size)
    }

    /// As [`Content::read`], from a bucket.
    pub(crate) fn read_from_bucket(
        &self,
        store: &S3Store,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + use<> {
        let range = self.clamped(range);
        let size = range.end.saturating_sub(range.start);
        s3::stream(store, self.pieces(range), size)
    }

    /// The pieces of `range`, for another process that shares the store's disk to send; `None` when
    /// there are too many.
    pub fn plan(&self, range: Range<u64>) -> Option<Plan> {
        Plan::encode(self.pieces(self.clamped(range)))
    }

    fn clamped(&self, range: Range<u64>) -> Range<u64> {
        let end = range.end.min(self.size_bytes());
        range.start.min(end)..end
    }

    /// The pieces of a range that does not reach beyond the end.
    fn pieces(&self, range: Range<u64>) -> Pieces {
        match self {
            Self::File { key, size_bytes } => {
                let piece =
                    Piece::File { key: key.clone(), size_bytes: *size_bytes, range: range.clone() };
                Box::new(iter::once(piece).filter(move |_| !range.is_empty()))
            }
            Self::Archive(archive) => Box::new(archive.pieces(range)),
        }
    }
}
