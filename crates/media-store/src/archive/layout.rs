//! Where everything in an archive lies, by arithmetic.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use common_types::Timestamp;
use sha2::{Digest, Sha256};

use super::records::{self, Directory};
use crate::{StorageKey, content::Piece};

/// Part of every tag. It changes whenever the same entries would give other bytes, so that an archive
/// begun before an upgrade is not resumed as another.
const FORMAT: &[u8] = b"stored-1\0";

/// A file that becomes an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Safe and unique; see [`super::unique_names`].
    pub name: String,
    pub key: StorageKey,
    pub size_bytes: u64,
    pub crc32: u32,
    pub modified: Timestamp,
}

/// An archive of stored entries.
#[derive(Debug, Clone)]
pub struct Archive {
    entries: Vec<Entry>,
    /// Where each entry's local header begins.
    offsets: Vec<u64>,
    directory: Directory,
}

impl Archive {
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut offsets = Vec::with_capacity(entries.len());
        let (mut offset, mut size) = (0_u64, 0_u64);
        for entry in &entries {
            offsets.push(offset);
            size = size.saturating_add(length(&records::central_header(entry, offset)));
            let header = length(&records::local_header(entry));
            offset = offset.saturating_add(header).saturating_add(entry.size_bytes);
        }
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let directory = Directory { offset, size, entries: count };
        Self { entries, offsets, directory }
    }

    /// The length of the whole in bytes, exactly.
    pub fn size_bytes(&self) -> u64 {
        let Directory { offset, size, .. } = self.directory;
        offset.saturating_add(size).saturating_add(records::end_length(self.directory))
    }

    /// A strong tag, without quotes: 128 bits of a digest over all that decides any byte.
    pub fn etag(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(FORMAT);
        for entry in &self.entries {
            digest.update(entry.name.as_bytes());
            digest.update([0]);
            digest.update(entry.size_bytes.to_le_bytes());
            digest.update(entry.crc32.to_le_bytes());
            digest.update(entry.modified.as_seconds().to_le_bytes());
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The pieces that make up `range`, in order; each is made only when it is asked for.
    pub(crate) fn pieces(
        self: &Arc<Self>,
        range: Range<u64>,
    ) -> impl Iterator<Item = Piece> + use<> {
        let first = self.offsets.partition_point(|offset| *offset <= range.start).saturating_sub(1);
        let last = self.offsets.partition_point(|offset| *offset < range.end);
        let (archive, wanted) = (Arc::clone(self), range.clone());
        let bodies = (first..last).filter_map(move |index| {
            let (entry, offset) = archive.placed(index)?;
            Some(entry_pieces(entry, offset, &wanted))
        });
        bodies.flatten().chain(self.closing_pieces(range))
    }

    /// The central directory and what closes it.
    fn closing_pieces(self: &Arc<Self>, range: Range<u64>) -> impl Iterator<Item = Piece> + use<> {
        let Directory { offset, size, .. } = self.directory;
        let is_wanted = range.end > offset;
        let archive = Arc::clone(self);
        let mut at = offset;
        let wanted = range.clone();
        let headers =
            (0..if is_wanted { self.entries.len() } else { 0 }).filter_map(move |index| {
                let (entry, offset) = archive.placed(index)?;
                let header = records::central_header(entry, offset);
                let start = at;
                at = at.saturating_add(length(&header));
                clipped(header, start, &wanted)
            });
        let end = records::end(self.directory);
        headers.chain(clipped(end, offset.saturating_add(size), &range))
    }

    /// An entry and where its local header begins.
    fn placed(&self, index: usize) -> Option<(&Entry, u64)> {
        Some((self.entries.get(index)?, *self.offsets.get(index)?))
    }
}

/// What of an entry's header and file lies in `range`.
fn entry_pieces(
    entry: &Entry,
    offset: u64,
    range: &Range<u64>,
) -> impl Iterator<Item = Piece> + use<> {
    let header = records::local_header(entry);
    let body = offset.saturating_add(length(&header));
    let header = clipped(header, offset, range);
    let from = range.start.max(body).saturating_sub(body);
    let to = range.end.saturating_sub(body).min(entry.size_bytes);
    let file = (from < to).then(|| Piece::File {
        key: entry.key.clone(),
        size_bytes: entry.size_bytes,
        range: from..to,
    });
    header.into_iter().chain(file)
}

/// What of `bytes`, which begin at `offset`, lies in `range`.
fn clipped(bytes: Vec<u8>, offset: u64, range: &Range<u64>) -> Option<Piece> {
    let index =
        |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len());
    let (from, to) = (index(range.start), index(range.end));
    (from < to).then(|| Piece::Bytes(Bytes::from(bytes).slice(from..to)))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces with neighbours joined, so that it does not matter where they were cut.
    fn joined(pieces: impl Iterator<Item = Piece>) -> Vec<Piece> {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Bytes(before)), Piece::Bytes(bytes)) => {
                    *before = [before.as_ref(), bytes.as_ref()].concat().into();
                }
                (
                    Some(Piece::File { key: before, range: first, .. }),
                    Piece::File { key, range, .. },
                ) if *before == key && first.end == range.start => first.end = range.end,
                (_, piece) => joined.push(piece),
            }
        }
        joined
    }

    fn total(pieces: &[Piece]) -> u64 {
        let length = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => length(bytes),
            Piece::File { range, .. } => range.end - range.start,
        };
        pieces.iter().map(length).sum()
    }

    fn archive(sizes: &[u64]) -> Arc<Archive> {
        let entry = |(number, size_bytes): (usize, &u64)| Entry {
            name: format!("{number}.mp4"),
            key: format!("multilink/b/{number}.mp4").parse().unwrap(),
            size_bytes: *size_bytes,
            crc32: 0xdead_beef,
            modified: Timestamp::from_seconds(1_764_000_000),
        };
        Arc::new(Archive::new(sizes.iter().enumerate().map(entry).collect()))
    }

    /// Sizes around everything that is a limit somewhere.
    fn sizes() -> impl Strategy<Value = Vec<u64>> {
        let four_gib = 1_u64 << 32;
        let size = prop_oneof![0..100_u64, (four_gib - 200)..(four_gib + 2), 0..(1_u64 << 40)];
        proptest::collection::vec(size, 0..6)
    }

    proptest! {
        #[test]
        fn a_range_cut_anywhere_is_still_the_same(
            sizes in sizes(),
            (first, second, third) in any::<(u64, u64, u64)>(),
            is_near_the_end in any::<bool>(),
        ) {
            let archive = archive(&sizes);
            let size = archive.size_bytes();
            let span = if is_near_the_end { size.min(600) } else { size };
            let at = |point: u64| size - point % (span + 1);
            let mut points = [at(first), at(second), at(third)];
            points.sort_unstable();
            let [from, between, to] = points;
            let whole = joined(archive.pieces(from..to));
            prop_assert_eq!(total(&whole), to - from);
            let halves = archive.pieces(from..between).chain(archive.pieces(between..to));
            prop_assert_eq!(joined(halves), whole);
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_nothing() {
        let archive = archive(&[10]);
        let size = archive.size_bytes();
        assert_eq!(archive.pieces(size..size + 10).count(), 0);
        assert_eq!(archive.pieces(5..5).count(), 0);
    }
}
