//! The records of a ZIP file, byte by byte (APPNOTE 4.3).

use time::OffsetDateTime;

use super::Entry;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;
const ZIP64_EXTRA: u16 = 0x0001;

/// The name is UTF-8 (bit 11).
const FLAGS: u16 = 1 << 11;
const STORED: u16 = 0;
const VERSION_PLAIN: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// Made on Unix, so that the attributes below are understood.
const MADE_BY: u16 = (3 << 8) | VERSION_ZIP64;
/// A regular file, rw-r--r--.
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// A value that does not fit is written as this, and stands in the ZIP64 record instead.
const SATURATED_32: u32 = u32::MAX;
const SATURATED_16: u16 = u16::MAX;

pub(super) const END_BYTES: u64 = 22;
const END_64_BYTES: u64 = 56;
const END_64_LOCATOR_BYTES: u64 = 20;

/// Where the central directory is and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) entries: u64,
}

/// The header in front of an entry's bytes.
pub(super) fn local_header(entry: &Entry) -> Vec<u8> {
    let large = !fits_32(entry.size_bytes);
    let size = saturated_32(entry.size_bytes);
    let mut record = Record::new(LOCAL_HEADER);
    record.u16(if large { VERSION_ZIP64 } else { VERSION_PLAIN });
    common(&mut record, entry);
    // Both sizes stand in the extra field together, or neither (APPNOTE 4.5.3).
    record.u32(size).u32(size).u16(length(&entry.name)).u16(if large { 20 } else { 0 });
    record.bytes(entry.name.as_bytes());
    if large {
        record.u16(ZIP64_EXTRA).u16(16).u64(entry.size_bytes).u64(entry.size_bytes);
    }
    record.0
}

/// The entry's record in the central directory; `offset` is that of its local header.
pub(super) fn central_header(entry: &Entry, offset: u64) -> Vec<u8> {
    let large_size = !fits_32(entry.size_bytes);
    let large_offset = !fits_32(offset);
    let extra = (if large_size { 16 } else { 0 }) + (if large_offset { 8 } else { 0 });
    let size = saturated_32(entry.size_bytes);
    let mut record = Record::new(CENTRAL_HEADER);
    record.u16(MADE_BY).u16(if extra > 0 { VERSION_ZIP64 } else { VERSION_PLAIN });
    common(&mut record, entry);
    record.u32(size).u32(size).u16(length(&entry.name)).u16(if extra > 0 { extra + 4 } else { 0 });
    // Comment, disk, internal attributes.
    record.u16(0).u16(0).u16(0).u32(ATTRIBUTES).u32(saturated_32(offset));
    record.bytes(entry.name.as_bytes());
    if extra > 0 {
        record.u16(ZIP64_EXTRA).u16(extra);
    }
    if large_size {
        record.u64(entry.size_bytes).u64(entry.size_bytes);
    }
    if large_offset {
        record.u64(offset);
    }
    record.0
}

/// What closes the archive.
pub(super) fn end(directory: Directory) -> Vec<u8> {
    let mut closing = Vec::new();
    if needs_zip64(directory) {
        closing.extend(end_64(directory));
    }
    let entries = u16::try_from(directory.entries).unwrap_or(SATURATED_16);
    let mut record = Record::new(END);
    record.u16(0).u16(0).u16(entries).u16(entries);
    record.u32(saturated_32(directory.size)).u32(saturated_32(directory.offset)).u16(0);
    closing.extend(record.0);
    closing
}

fn end_64(directory: Directory) -> Vec<u8> {
    let Directory { offset, size, entries } = directory;
    let mut record = Record::new(END_64);
    // The size of what follows this field, then versions and disks.
    record.u64(END_64_BYTES - 12).u16(MADE_BY).u16(VERSION_ZIP64).u32(0).u32(0);
    record.u64(entries).u64(entries).u64(size).u64(offset);
    record.u32(END_64_LOCATOR).u32(0).u64(offset.saturating_add(size)).u32(1);
    record.0
}

pub(super) fn end_length(directory: Directory) -> u64 {
    let zip64 = END_64_BYTES + END_64_LOCATOR_BYTES;
    END_BYTES + if needs_zip64(directory) { zip64 } else { 0 }
}

fn needs_zip64(directory: Directory) -> bool {
    let fits_16 = directory.entries < u64::from(SATURATED_16);
    !fits_16 || !fits_32(directory.size) || !fits_32(directory.offset)
}

/// What both headers have in common after the version: flags, method, time, checksum.
fn common(record: &mut Record, entry: &Entry) {
    let (date, time) = dos_date_time(entry.modified.as_seconds());
    record.u16(FLAGS).u16(STORED).u16(time).u16(date).u32(entry.crc32);
}

/// MS-DOS date and time, in steps of two seconds from 1980 to 2107; UTC, since the format has no
/// zone.
fn dos_date_time(seconds: i64) -> (u16, u16) {
    let earliest = (0x0021, 0);
    let Ok(instant) = OffsetDateTime::from_unix_timestamp(seconds) else { return earliest };
    let Ok(years @ 0..=127) = u16::try_from(instant.year() - 1980) else { return earliest };
    let date =
        (years << 9) | (u16::from(u8::from(instant.month())) << 5) | u16::from(instant.day());
    let time = (u16::from(instant.hour()) << 11)
        | (u16::from(instant.minute()) << 5)
        | (u16::from(instant.second()) / 2);
    (date, time)
}

fn fits_32(value: u64) -> bool {
    value < u64::from(SATURATED_32)
}

fn saturated_32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(SATURATED_32)
}

fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or(u16::MAX)
}

/// Little-endian fields, one after the other.
struct Record(Vec<u8>);

impl Record {
    fn new(signature: u32) -> Self {
        Self(signature.to_le_bytes().to_vec())
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip64_closes_an_archive_only_when_a_value_does_not_fit() {
        let fits = Directory { offset: 0xffff_fffe, size: 0xffff_fffe, entries: 0xfffe };
        for (directory, is_zip64) in [
            (fits, false),
            (Directory { offset: 0xffff_ffff, ..fits }, true),
            (Directory { size: 0xffff_ffff, ..fits }, true),
            (Directory { entries: 0xffff, ..fits }, true),
            (Directory { size: 1 << 33, offset: 1 << 40, entries: 1 << 20 }, true),
        ] {
            let end = end(directory);
            assert_eq!(u64::try_from(end.len()).unwrap(), end_length(directory), "{directory:?}");
            assert_eq!(end.starts_with(&END_64.to_le_bytes()), is_zip64, "{directory:?}");
        }
    }

    #[test]
    fn times_before_and_after_the_format_are_its_first() {
        // 2025-11-24 16:00:00 UTC.
        assert_eq!(dos_date_time(1_764_000_000), ((45 << 9) | (11 << 5) | 24, 16 << 11));
        for outside in [0, -1, 4_354_819_200, i64::MIN, i64::MAX] {
            assert_eq!(dos_date_time(outside), (0x0021, 0), "{outside}");
        }
    }
}
