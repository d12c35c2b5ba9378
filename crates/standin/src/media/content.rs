//! The bytes of a format: a file, and padding up to the size that was announced.

use std::io::{self, SeekFrom};
use std::path::PathBuf;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::format::Container;

static ZEROS: [u8; 128 * 1024] = [0; 128 * 1024];

/// A file and virtual padding, so that a file of gigabytes takes no disk.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    path: PathBuf,
    file_len: u64,
    /// Opens an element of the container that everybody skips.
    padding_header: Bytes,
    pub(crate) len: u64,
}

impl Content {
    pub(super) fn whole(path: PathBuf, file_len: u64) -> Self {
        Self { path, file_len, padding_header: Bytes::new(), len: file_len }
    }

    pub(super) fn padded(path: PathBuf, file_len: u64, container: Container, len: u64) -> Self {
        let padding_header = padding_header(container, len.saturating_sub(file_len));
        Self { path, file_len, padding_header, len }
    }

    /// Reads from `start` on.
    pub(crate) async fn reader(&self, start: u64) -> io::Result<ContentReader> {
        let mut file = File::open(&self.path).await?;
        file.seek(SeekFrom::Start(start.min(self.file_len))).await?;
        Ok(ContentReader { content: self.clone(), file, position: start })
    }
}

/// A place in a [`Content`].
pub(crate) struct ContentReader {
    content: Content,
    file: File,
    pub(crate) position: u64,
}

impl ContentReader {
    /// The next bytes, at most `limit` of them; empty at the end.
    pub(crate) async fn read(&mut self, limit: u64) -> io::Result<Bytes> {
        let content = &self.content;
        let wanted = limit.min(content.len.saturating_sub(self.position));
        let header_end = content.file_len + len_u64(&content.padding_header);
        let chunk = if self.position < content.file_len {
            self.read_file(wanted.min(content.file_len - self.position)).await?
        } else if self.position < header_end {
            slice(&content.padding_header, self.position - content.file_len, wanted)
        } else {
            zeros(wanted)
        };
        self.position += len_u64(&chunk);
        Ok(chunk)
    }

    async fn read_file(&mut self, limit: u64) -> io::Result<Bytes> {
        let capacity = usize::try_from(limit).unwrap_or(usize::MAX).min(ZEROS.len());
        let mut buffer = BytesMut::with_capacity(capacity).limit(capacity);
        if self.file.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(buffer.into_inner().freeze())
    }
}

/// Nothing, as much as is wanted at a time.
pub(crate) fn zeros(limit: u64) -> Bytes {
    slice(&Bytes::from_static(&ZEROS), 0, limit)
}

fn slice(bytes: &Bytes, start: u64, limit: u64) -> Bytes {
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(bytes.len());
    bytes.slice(start..end)
}

fn len_u64(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A `free` box with a 64-bit size (ISO 14496-12), or a `Void` element with an 8-byte one (RFC 8794).
///
/// Where not even that fits, a few bytes follow that no reader asks for.
fn padding_header(container: Container, padding: u64) -> Bytes {
    let mut header = BytesMut::new();
    match container {
        Container::Mp4 | Container::M4a if padding >= 16 => {
            header.put_u32(1);
            header.put_slice(b"free");
            header.put_u64(padding);
        }
        Container::Webm if padding >= 9 => {
            header.put_u8(0xec);
            header.put_u64(0x0100_0000_0000_0000 | (padding - 9));
        }
        _ => {}
    }
    header.freeze()
}
