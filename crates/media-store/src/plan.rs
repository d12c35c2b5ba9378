//! A sequence of pieces as it travels to a process that shares the store's disk.
//!
//! Each piece is a tag, then, little-endian, either the length (32 bits) and the bytes, or the
//! file's size, the first byte and the one behind the last (64 bits each), and the length (16
//! bits) and text of its key.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::Stream;

use crate::{StorageKey, StoreError, StoreReader, content::Piece, read};

/// Names this format; part of what the two processes agree on.
const FORMAT: &[u8] = b"plan-1\n";
const BYTES: u8 = 0;
const FILE: u8 = 1;

/// Why a plan cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("a plan of another format")]
    Format,
    #[error("the plan is cut")]
    Cut,
    #[error("the plan has an unknown piece")]
    UnknownPiece,
    #[error("a piece is empty or beyond its file")]
    Range,
    #[error("a piece names no file of a store")]
    Key,
}

/// What to send, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whole and valid.
    encoded: Bytes,
    size_bytes: u64,
}

impl Plan {
    /// A plan is this large at most.
    pub const MAX_BYTES: usize = 1024 * 1024;

    /// `None` when it would be too large.
    pub(crate) fn encode(pieces: impl Iterator<Item = Piece>) -> Option<Self> {
        let (mut encoded, mut size_bytes) = (BytesMut::from(FORMAT), 0_u64);
        for piece in pieces {
            size_bytes = size_bytes.saturating_add(piece.size_bytes());
            put(&mut encoded, &piece)?;
            if encoded.len() > Self::MAX_BYTES {
                return None;
            }
        }
        Some(Self { encoded: encoded.freeze(), size_bytes })
    }

    /// Takes a plan from another process.
    ///
    /// # Errors
    /// When it is not well-formed, or names anything but files that a store may hold.
    pub fn decode(mut encoded: Bytes) -> Result<Self, PlanError> {
        if !encoded.starts_with(FORMAT) {
            return Err(PlanError::Format);
        }
        let whole = encoded.clone();
        encoded.advance(FORMAT.len());
        let mut size_bytes = 0_u64;
        while encoded.has_remaining() {
            let piece = take(&mut encoded)?;
            size_bytes = size_bytes.checked_add(piece.size_bytes()).ok_or(PlanError::Range)?;
        }
        Ok(Self { encoded: whole, size_bytes })
    }

    pub fn encoded(&self) -> Bytes {
        self.encoded.clone()
    }

    /// How many bytes it says to send.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Streams what it says, from `store`; fails as [`crate::Content::read`] does.
    pub fn read(
        &self,
        store: &StoreReader,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + use<> {
        let mut encoded = self.encoded();
        encoded.advance(FORMAT.len());
        // It was taken apart once already, without an error.
        let pieces = std::iter::from_fn(move || take(&mut encoded).ok());
        read::stream(store.clone(), Box::new(pieces), self.size_bytes)
    }
}

impl Piece {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::File { range, .. } => range.end.saturating_sub(range.start),
        }
    }
}

/// `None` for what no format of ours is large enough for.
fn put(encoded: &mut BytesMut, piece: &Piece) -> Option<()> {
    match piece {
        Piece::Bytes(bytes) => {
            encoded.put_u8(BYTES);
            encoded.put_u32_le(u32::try_from(bytes.len()).ok()?);
            encoded.extend_from_slice(bytes);
        }
        Piece::File { key, size_bytes, range } => {
            encoded.put_u8(FILE);
            encoded.put_u64_le(*size_bytes);
            encoded.put_u64_le(range.start);
            encoded.put_u64_le(range.end);
            encoded.put_u16_le(u16::try_from(key.as_str().len()).ok()?);
            encoded.extend_from_slice(key.as_str().as_bytes());
        }
    }
    Some(())
}

fn take(encoded: &mut Bytes) -> Result<Piece, PlanError> {
    match encoded.try_get_u8().map_err(cut)? {
        BYTES => {
            let length = encoded.try_get_u32_le().map_err(cut)?;
            let bytes = take_bytes(encoded, usize::try_from(length).map_err(cut)?)?;
            Ok(Piece::Bytes(bytes))
        }
        FILE => {
            let size_bytes = encoded.try_get_u64_le().map_err(cut)?;
            let start = encoded.try_get_u64_le().map_err(cut)?;
            let end = encoded.try_get_u64_le().map_err(cut)?;
            if start >= end || end > size_bytes {
                return Err(PlanError::Range);
            }
            let length = encoded.try_get_u16_le().map_err(cut)?;
            let key = take_bytes(encoded, usize::from(length))?;
            Ok(Piece::File {
                key: key_of(&key).ok_or(PlanError::Key)?,
                size_bytes,
                range: start..end,
            })
        }
        _ => Err(PlanError::UnknownPiece),
    }
}

fn take_bytes(encoded: &mut Bytes, length: usize) -> Result<Bytes, PlanError> {
    if length > encoded.remaining() { Err(PlanError::Cut) } else { Ok(encoded.split_to(length)) }
}

fn key_of(bytes: &[u8]) -> Option<StorageKey> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn cut<E>(_error: E) -> PlanError {
    PlanError::Cut
}
