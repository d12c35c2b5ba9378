//! A WebSocket through the gateway: the handshake is a request like any other; what follows is
//! passed on as bytes, both ways, at the pace of whoever reads.

mod frames;

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    http::{StatusCode, header},
    web::Payload,
};
use bytes::{Bytes, BytesMut};
use common_types::ErrorCode;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Response};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use service_kit::{ApiError, ApiResult};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf, split};

use self::frames::Frames;
use crate::{
    auth::Verdict,
    headers,
    lifeline::{End, Lifeline, Live},
    shared::Shared,
};

const CHUNK_BYTES: usize = 16 * 1024;
/// Codes of RFC 6455, section 7.4.1, and its registry.
const POLICY: u16 = 1008;
const RESTART: u16 = 1012;

type Pipe = TokioIo<Upgraded>;

/// Whether the client asks for a WebSocket, be it well or badly.
pub(crate) fn is_asked_for(request: &HttpRequest) -> bool {
    let upgrades = request.headers().get_all(header::UPGRADE);
    upgrades.into_iter().any(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Adds what a handshake needs to the headers that are passed on; they belong to this hop.
pub(crate) fn mark_handshake(headers: &mut HeaderMap) {
    headers.insert(http::header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Whether the service has opened the socket.
pub(crate) fn is_open(answer: &Response<Incoming>) -> bool {
    answer.status() == http::StatusCode::SWITCHING_PROTOCOLS
}

/// Joins the client and the service.
///
/// # Errors
/// `bad_gateway` when the service does not follow up on its word.
pub(crate) async fn join(
    answer: Response<Incoming>,
    payload: Payload,
    shared: &Arc<Shared>,
    verdict: Option<&Arc<Verdict>>,
) -> ApiResult<HttpResponse> {
    let handshake = answer.headers().clone();
    let upgraded = hyper::upgrade::on(answer).await.map_err(|error| {
        ApiError::new(ErrorCode::BadGateway, "The service failed to open the socket.")
            .with_source(error)
    })?;
    let (from_service, to_service) = split(TokioIo::new(upgraded));
    actix_web::rt::spawn(pass_on(payload, to_service));
    let verdict = verdict.ok_or_else(crate::auth::unauthenticated)?;
    let body = FromService { pipe: from_service, frames: Frames::default() };
    let body = Lifeline::new(body, Arc::clone(shared), Arc::clone(verdict));
    let mut response = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS);
    let mut response = response.upgrade("websocket").body(body);
    headers::copy_answer(&handshake, response.headers_mut());
    Ok(response)
}

/// What the client sends, until either side ends it.
async fn pass_on(mut payload: Payload, mut service: WriteHalf<Pipe>) {
    while let Some(Ok(bytes)) = payload.next().await {
        if service.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // The service may have gone first; either way there is nobody left to tell.
    let _gone = service.shutdown().await;
}

/// What the service sends.
struct FromService {
    pipe: ReadHalf<Pipe>,
    frames: Frames,
}

impl Live for FromService {
    /// Says why, unless the service is in the middle of a frame.
    fn farewell(&self, end: End) -> Option<Bytes> {
        let code = match end {
            End::Credential => POLICY,
            End::Stopping => RESTART,
        };
        self.frames.is_between().then(|| Bytes::copy_from_slice(&frames::close(code)))
    }
}

impl MessageBody for FromService {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let mut chunk = BytesMut::zeroed(CHUNK_BYTES);
        let mut buffer = ReadBuf::new(&mut chunk);
        match Pin::new(&mut self.pipe).poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(error))),
            Poll::Ready(Ok(())) => {
                let length = buffer.filled().len();
                chunk.truncate(length);
                self.frames.follow(&chunk);
                Poll::Ready((length > 0).then(|| Ok(chunk.freeze())))
            }
        }
    }
}
