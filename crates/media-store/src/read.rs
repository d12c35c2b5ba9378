//! Reads for delivery: large chunks, a few ahead of whoever takes them.
//!
//! With the client's share counted, large chunks cost half the CPU of small ones with a thread hop
//! each, and beat `sendfile` on loopback. A blocking task reads one window of chunks and ends; the
//! next begins when the last chunk but a window is taken, so that a slow client holds a little
//! memory, and no thread.

use std::{fs::File, io, ops::Range};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use rustix::{
    buffer::spare_capacity,
    io::{pread, retry_on_intr},
};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{
    StorageKey, StoreError, StoreReader,
    content::{Piece, Pieces},
};

const CHUNK_BYTES: usize = 1024 * 1024;
const WINDOW_CHUNKS: usize = 2;

type Chunk = Result<Bytes, StoreError>;

/// Streams `pieces`, which are `size_bytes` long together, from `store`.
pub(crate) fn stream(
    store: StoreReader,
    pieces: Pieces,
    size_bytes: u64,
) -> impl Stream<Item = Chunk> + use<> {
    let reader = Reader { store, pieces, part: None, left: size_bytes };
    // The first window is one chunk: its reader has waited long enough.
    let first = (size_bytes > 0).then(|| spawn_blocking(move || reader.window(1)));
    stream::unfold(first, async |task: Option<JoinHandle<Window>>| {
        let window = task?.await.unwrap_or_else(|error| Window::failed(StoreError::Reader(error)));
        let next = window.rest.map(|rest| spawn_blocking(move || rest.window(WINDOW_CHUNKS)));
        Some((stream::iter(window.chunks), next))
    })
    .flatten()
}

/// Some chunks, and what reads those that follow.
struct Window {
    chunks: Vec<Chunk>,
    rest: Option<Reader>,
}

impl Window {
    fn failed(error: StoreError) -> Self {
        Self { chunks: vec![Err(error)], rest: None }
    }
}

struct Reader {
    store: StoreReader,
    pieces: Pieces,
    part: Option<Part>,
    left: u64,
}

/// What is left of a piece.
enum Part {
    Bytes(Bytes),
    File { key: StorageKey, file: File, range: Range<u64> },
}

impl Reader {
    fn window(mut self, chunks: usize) -> Window {
        let mut read = Vec::with_capacity(chunks);
        while read.len() < chunks && self.left > 0 {
            let chunk = self.chunk();
            let has_failed = chunk.is_err();
            read.push(chunk);
            if has_failed {
                return Window { chunks: read, rest: None };
            }
        }
        let rest = (self.left > 0).then_some(self);
        Window { chunks: read, rest }
    }

    /// The next chunk, full unless it is the last.
    fn chunk(&mut self) -> Chunk {
        let size = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let mut buffer = Vec::with_capacity(size);
        while buffer.len() < size {
            let part = match self.part.take() {
                Some(part) => part,
                None => self.open_next()?,
            };
            self.part = part.read_into(&mut buffer, size)?;
        }
        self.left = self.left.saturating_sub(long(size));
        Ok(buffer.into())
    }

    /// Opens the next piece, if its file is still the one that was laid out for.
    fn open_next(&mut self) -> Result<Part, StoreError> {
        match self.pieces.next().ok_or(StoreError::Incomplete)? {
            Piece::Bytes(bytes) => Ok(Part::Bytes(bytes)),
            Piece::File { key, size_bytes, range } => {
                let opened = self.store.open_file(&key)?;
                if opened.size_bytes == size_bytes {
                    Ok(Part::File { key, file: opened.file, range })
                } else {
                    Err(StoreError::Changed(key, opened.size_bytes))
                }
            }
        }
    }
}

impl Part {
    /// Reads into `buffer`, which has room for `size` bytes, and gives what is left then.
    fn read_into(self, buffer: &mut Vec<u8>, size: usize) -> Result<Option<Self>, StoreError> {
        let room = size.saturating_sub(buffer.len());
        match self {
            Self::Bytes(mut bytes) => {
                buffer.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
                Ok(Some(bytes).filter(|rest| !rest.is_empty()).map(Self::Bytes))
            }
            Self::File { key, file, range } => {
                let wanted = room.min(usize::try_from(range.end - range.start).unwrap_or(room));
                let read = read_at(&file, buffer, range.start, wanted);
                let read = read.map_err(|error| StoreError::Read(key.clone(), error))?;
                let range = range.start.saturating_add(long(read))..range.end;
                Ok((!range.is_empty()).then_some(Self::File { key, file, range }))
            }
        }
    }
}

/// Reads up to `wanted` bytes behind those in `buffer`, into memory that nobody has cleared first.
fn read_at(file: &File, buffer: &mut Vec<u8>, at: u64, wanted: usize) -> io::Result<usize> {
    let before = buffer.len();
    let read = retry_on_intr(|| pread(file, spare_capacity(buffer), at))?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    // There is room for more than was wanted where another piece follows.
    let read = read.min(wanted);
    buffer.truncate(before.saturating_add(read));
    Ok(read)
}

fn long(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
