//! Where everything in an archive lies, by arithmetic.

use std::ops::Range;

use common_types::Timestamp;
use sha2::{Digest, Sha256};

use super::records::{self, Directory};
use crate::StorageKey;

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

/// A part of the archive: bytes as they are, or a range of an entry's file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Bytes(Vec<u8>),
    File(&'a Entry, Range<u64>),
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
    pub(super) fn pieces(&self, range: Range<u64>) -> impl Iterator<Item = Piece<'_>> {
        let end = range.end;
        let first = self.offsets.partition_point(|offset| *offset <= range.start).saturating_sub(1);
        let files = self.entries.iter().zip(&self.offsets).skip(first);
        let bodies = files.take_while(move |(_, offset)| **offset < end);
        let wanted = range.clone();
        let bodies = bodies.flat_map(move |(entry, offset)| entry_pieces(entry, *offset, &wanted));
        bodies.chain(self.closing_pieces(range))
    }

    /// The central directory and what closes it.
    fn closing_pieces(&self, range: Range<u64>) -> impl Iterator<Item = Piece<'_>> {
        let Directory { offset, size, .. } = self.directory;
        let is_wanted = range.end > offset;
        let headers = self.entries.iter().zip(&self.offsets).filter(move |_| is_wanted);
        let mut at = offset;
        let wanted = range.clone();
        let headers = headers.filter_map(move |(entry, offset)| {
            let header = records::central_header(entry, *offset);
            let start = at;
            at = at.saturating_add(length(&header));
            clipped(header, start, &wanted)
        });
        let end = records::end(self.directory);
        headers.chain(clipped(end, offset.saturating_add(size), &range))
    }
}

/// What of an entry's header and file lies in `range`.
fn entry_pieces<'a>(
    entry: &'a Entry,
    offset: u64,
    range: &Range<u64>,
) -> impl Iterator<Item = Piece<'a>> + use<'a> {
    let header = records::local_header(entry);
    let body = offset.saturating_add(length(&header));
    let header = clipped(header, offset, range);
    let from = range.start.max(body).saturating_sub(body);
    let to = range.end.saturating_sub(body).min(entry.size_bytes);
    let file = (from < to).then_some(Piece::File(entry, from..to));
    header.into_iter().chain(file)
}

/// What of `bytes`, which begin at `offset`, lies in `range`.
fn clipped<'a>(bytes: Vec<u8>, offset: u64, range: &Range<u64>) -> Option<Piece<'a>> {
    let index =
        |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len());
    let (from, to) = (index(range.start), index(range.end));
    let part = bytes.get(from..to).filter(|part| !part.is_empty())?;
    Some(Piece::Bytes(part.to_vec()))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
