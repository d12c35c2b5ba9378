//! Reads for delivery: large chunks, a few ahead of whoever takes them.
//!
//! With the client's share counted, large chunks cost half the CPU of small ones with a thread hop
//! each, and beat `sendfile` on loopback; on one thread, the memory of a chunk is used again while
//! it is still in the processor's cache. A client that takes its time gives the thread back: the
//! task that reads ends, and another goes on once there is room again.

use std::{fs::File, io, ops::Range, sync::mpsc as blocking, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream};
use rustix::{
    buffer::spare_capacity,
    io::{pread, retry_on_intr},
};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle, spawn_blocking},
};

use crate::{
    StorageKey, StoreError, StoreReader,
    content::{Piece, Pieces},
};

const CHUNK_BYTES: usize = 1024 * 1024;
const CHUNKS_AHEAD: usize = 4;
/// Reading goes on when no more than this is left of what was read ahead.
const CHUNKS_LOW: usize = 1;
/// How long a thread waits for room: a client of 100 MB/s and more has made some by then.
const LINGER: Duration = Duration::from_millis(10);

type Chunk = Result<Bytes, StoreError>;

/// Streams `pieces`, which are `size_bytes` long together, from `store`.
pub(crate) fn stream(
    store: StoreReader,
    pieces: Pieces,
    size_bytes: u64,
) -> impl Stream<Item = Chunk> + use<> {
    let (credit, credits) = blocking::channel();
    let (chunks, arrived) = mpsc::unbounded_channel();
    let reader = Reader { store, pieces, part: None, left: size_bytes, credits, chunks };
    let taker = Taker { credit, arrived, task: Some(spawn_blocking(|| reader.read())) };
    (0..CHUNKS_AHEAD).for_each(|_| taker.make_room());
    stream::unfold(taker, Taker::take)
}

/// Takes chunks, and has the reader go on where it has paused.
struct Taker {
    /// One for each chunk that may be read.
    credit: blocking::Sender<()>,
    /// As long as the credit lasts.
    arrived: mpsc::UnboundedReceiver<Chunk>,
    /// Gives the reader back where it pauses, and nothing at its end.
    task: Option<JoinHandle<Option<Reader>>>,
}

impl Taker {
    async fn take(mut self) -> Option<(Chunk, Self)> {
        loop {
            let Some(task) = &mut self.task else {
                return self.arrived.recv().await.map(|chunk| (chunk, self));
            };
            let is_low = self.arrived.len() <= CHUNKS_LOW;
            let ended = tokio::select! {
                biased;
                ended = task, if is_low => ended,
                Some(chunk) = self.arrived.recv() => {
                    self.make_room();
                    return Some((chunk, self));
                }
            };
            if let Err(error) = self.go_on(ended) {
                return Some((Err(StoreError::Reader(error)), self));
            }
        }
    }

    fn go_on(&mut self, ended: Result<Option<Reader>, JoinError>) -> Result<(), JoinError> {
        self.task = None;
        self.task = ended?.map(|reader| spawn_blocking(|| reader.read()));
        Ok(())
    }

    fn make_room(&self) {
        // A reader that has ended needs none.
        let _unused = self.credit.send(());
    }
}

struct Reader {
    store: StoreReader,
    pieces: Pieces,
    part: Option<Part>,
    left: u64,
    credits: blocking::Receiver<()>,
    chunks: mpsc::UnboundedSender<Chunk>,
}

/// What is left of a piece.
enum Part {
    Bytes(Bytes),
    File { key: StorageKey, file: File, range: Range<u64> },
}

impl Reader {
    /// Reads while there is room; gives itself back when none is made in time.
    fn read(mut self) -> Option<Self> {
        while self.left > 0 {
            match self.credits.recv_timeout(LINGER) {
                Ok(()) => {}
                Err(blocking::RecvTimeoutError::Timeout) => return Some(self),
                Err(blocking::RecvTimeoutError::Disconnected) => return None,
            }
            let chunk = self.chunk();
            let has_failed = chunk.is_err();
            if self.chunks.send(chunk).is_err() || has_failed {
                return None;
            }
        }
        None
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
