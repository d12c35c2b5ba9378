//! The body of a request on its way to a service.
//!
//! actix's payloads stay on their thread and hyper's bodies must not, so a small channel lies
//! between them; when it is full, the client's socket is no longer read.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{rt, web::Payload};
use bytes::Bytes;
use common_types::ErrorCode;
use futures_util::StreamExt;
use hyper::body::{Body, Frame, SizeHint};
use service_kit::ApiError;
use tokio::sync::mpsc;

/// Pieces under way, of at most 64 KiB each.
const CHANNEL_PIECES: usize = 2;

/// Why a body did not arrive whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long")]
    TooSlow,
    #[error("the body broke off")]
    BrokeOff,
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge => {
                Self::new(ErrorCode::PayloadTooLarge, "The body is too large.")
            }
            UploadError::TooSlow => {
                Self::new(ErrorCode::InvalidRequest, "The body took too long to arrive.")
            }
            UploadError::BrokeOff => Self::new(ErrorCode::InvalidRequest, "The body broke off."),
        }
    }
}

/// What may be asked of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadLimits {
    pub(crate) bytes: u64,
    pub(crate) deadline: Duration,
}

/// A body that can be offered to one process after another until one begins to read it.
#[derive(Clone)]
pub(crate) struct Upload {
    source: Arc<Mutex<Source>>,
    /// As the client declared it.
    length: Option<u64>,
}

struct Source {
    pieces: mpsc::Receiver<Result<Bytes, UploadError>>,
    is_touched: bool,
    failure: Option<UploadError>,
}

impl Upload {
    /// Starts to read the client's body.
    ///
    /// # Errors
    /// When it is declared to be too large.
    pub(crate) fn start(
        payload: Payload,
        length: Option<u64>,
        limits: UploadLimits,
    ) -> Result<Self, UploadError> {
        if length.is_some_and(|length| length > limits.bytes) {
            return Err(UploadError::TooLarge);
        }
        let (sender, pieces) = mpsc::channel(CHANNEL_PIECES);
        rt::spawn(pump(payload, sender, limits));
        let source = Source { pieces, is_touched: false, failure: None };
        Ok(Self { source: Arc::new(Mutex::new(source)), length })
    }

    /// Whether no process has seen any of it.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.source().is_touched
    }

    /// Why it did not arrive whole, if so.
    pub(crate) fn failure(&self) -> Option<UploadError> {
        self.source().failure
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves pieces from the client to whoever reads, until the end, a fault, or nobody reads any more.
async fn pump(
    mut payload: Payload,
    sender: mpsc::Sender<Result<Bytes, UploadError>>,
    limits: UploadLimits,
) {
    let moving = async {
        let mut left = limits.bytes;
        while let Some(piece) = payload.next().await {
            let Ok(piece) = piece else { return Err(UploadError::BrokeOff) };
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            left = left.checked_sub(length).ok_or(UploadError::TooLarge)?;
            if sender.send(Ok(piece)).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    let moved = tokio::select! {
        moved = tokio::time::timeout(limits.deadline, moving) => moved,
        () = sender.closed() => return,
    };
    if let Err(error) = moved.unwrap_or(Err(UploadError::TooSlow)) {
        // If nobody reads any more, nobody needs to know.
        let _unread = sender.send(Err(error)).await;
    }
}

/// The body of a request as hyper wants it.
pub(crate) struct RequestBody(pub(crate) Option<Upload>);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let Some(upload) = &self.0 else { return Poll::Ready(None) };
        let mut source = upload.source();
        let piece = std::task::ready!(source.pieces.poll_recv(context));
        source.is_touched = true;
        if let Some(Err(failure)) = piece {
            source.failure = Some(failure);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            None => SizeHint::with_exact(0),
            Some(upload) => upload.length.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
