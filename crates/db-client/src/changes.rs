//! What changed, as it happens, and how things stand.

use std::time::Duration;

use awc::http::Method;
use bytes::{Bytes, BytesMut};
use common_types::internal::changes::{ChangeLine, States, StatesRequest};
use futures_util::{Stream, StreamExt};

use crate::{DbClient, DbError, transport::internal};

/// db-service says something at least every five seconds.
const SILENCE: Duration = Duration::from_secs(20);
/// Longer than a line about everything in the largest playlist.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

impl DbClient {
    /// Changes from now on, line by line. Ask one db-service with it: see
    /// [`crate::DbConnector::each`].
    ///
    /// # Errors
    /// Of the hop.
    pub async fn changes(&self) -> Result<ChangeLines, DbError> {
        let answer = self.stream(&internal("changes")).await?;
        Ok(ChangeLines { answer: Box::pin(answer), pending: BytesMut::new() })
    }

    /// How these things stand; what is not there any more is left out.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn states(&self, asked: &StatesRequest) -> Result<States, DbError> {
        self.call(Method::POST, &internal("states"), Some(asked)).await
    }
}

type Chunks = std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, awc::error::PayloadError>>>>;

/// The lines of a stream of changes.
pub struct ChangeLines {
    answer: Chunks,
    pending: BytesMut,
}

impl ChangeLines {
    /// The next line; none when db-service has ended the stream.
    ///
    /// # Errors
    /// `Silent` when it says nothing for long, else of the hop.
    pub async fn next(&mut self) -> Result<Option<ChangeLine>, DbError> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line = self.pending.split_to(end.saturating_add(1));
                return serde_json::from_slice(&line).map(Some).map_err(DbError::Unintelligible);
            }
            let chunk = tokio::time::timeout(SILENCE, self.answer.next()).await;
            match chunk.map_err(|_elapsed| DbError::Silent)? {
                None => return Ok(None),
                Some(chunk) => self.pending.extend_from_slice(&chunk.map_err(DbError::Unreadable)?),
            }
            if self.pending.len() > MAX_LINE_BYTES {
                return Err(DbError::Silent);
            }
        }
    }
}
