//! Reads for delivery: ranges of objects, a little ahead of whoever takes them.
//!
//! One task asks for one range after the other, and waits where the client is slow, as the server
//! then waits for it. A client that leaves ends the task, and with it the request.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::sync::mpsc;

use super::{S3Store, failed};
use crate::{
    StoreError,
    content::{Piece, Pieces},
};

/// Chunks are as large as what the connection reads at once: some 400 KiB at most.
const CHUNKS_AHEAD: usize = 8;

type Chunk = Result<Bytes, StoreError>;

/// Streams `pieces`, which are `size_bytes` long together, from `store`.
pub(crate) fn stream(
    store: &S3Store,
    pieces: Pieces,
    size_bytes: u64,
) -> impl Stream<Item = Chunk> + use<> {
    let (chunks, arrived) = mpsc::channel(CHUNKS_AHEAD);
    let reader = store.clone();
    store.shared.threads.spawn(async move {
        tokio::select! {
            () = chunks.closed() => {}
            () = send_all(&reader, pieces, &chunks) => {}
        }
    });
    stream::unfold(Taker { arrived, left: size_bytes }, Taker::take)
}

async fn send_all(store: &S3Store, pieces: Pieces, chunks: &mpsc::Sender<Chunk>) {
    for piece in pieces {
        let sent = match piece {
            Piece::Bytes(bytes) => send(chunks, Ok(bytes)).await,
            Piece::File { .. } => match store.open_piece(piece).await {
                Ok(part) => forward(part, chunks).await,
                Err(error) => send(chunks, Err(error)).await,
            },
        };
        if sent.is_none() {
            return;
        }
    }
}

async fn forward(
    mut part: impl Stream<Item = Chunk> + Unpin,
    chunks: &mpsc::Sender<Chunk>,
) -> Option<()> {
    while let Some(chunk) = part.next().await {
        send(chunks, chunk).await?;
    }
    Some(())
}

/// `None` once there is nothing more to send: after an error, or for nobody.
async fn send(chunks: &mpsc::Sender<Chunk>, chunk: Chunk) -> Option<()> {
    let goes_on = chunk.is_ok();
    chunks.send(chunk).await.ok().filter(|()| goes_on)
}

impl S3Store {
    /// Asks for a piece of a file, if the file is still the one that was laid out for.
    async fn open_piece(
        &self,
        piece: Piece,
    ) -> Result<impl Stream<Item = Chunk> + Unpin + use<>, StoreError> {
        let Piece::File { key, size_bytes, range } = piece else {
            return Err(StoreError::Incomplete);
        };
        let options = GetOptions::new().with_range(Some(GetRange::Bounded(range)));
        let found = self.client().get_opts(&self.path_of(&key), options).await;
        let found = found.map_err(|error| failed("open", &key, error))?;
        if found.meta.size != size_bytes {
            return Err(StoreError::Changed(key, found.meta.size));
        }
        let chunks = found.into_stream();
        Ok(chunks.map(move |chunk| chunk.map_err(|error| failed("read", &key, error))))
    }
}

/// Takes chunks until all have come or one is an error.
struct Taker {
    arrived: mpsc::Receiver<Chunk>,
    left: u64,
}

impl Taker {
    async fn take(mut self) -> Option<(Chunk, Self)> {
        if self.left == 0 {
            return None;
        }
        let chunk = self.arrived.recv().await.unwrap_or(Err(StoreError::Incomplete));
        let size =
            chunk.as_ref().map_or(u64::MAX, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.left = self.left.saturating_sub(size);
        Some((chunk, self))
    }
}
