//! Building responses.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde_json::Value;

const TIME_TO_SEND: Duration = Duration::from_millis(50);

pub(crate) type Body = BoxBody<Bytes, io::Error>;
pub(crate) type Reply = Response<Body>;

pub(crate) fn json(value: &Value) -> Reply {
    content("application/json; charset=utf-8", value.to_string())
}

pub(crate) fn html(page: String) -> Reply {
    content("text/html; charset=utf-8", page)
}

pub(crate) fn content(media_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
    with_type(media_type, Response::new(full(bytes)))
}

pub(crate) fn text(status: StatusCode, message: &'static str) -> Reply {
    let mut reply = content("text/plain; charset=utf-8", message);
    *reply.status_mut() = status;
    reply
}

pub(crate) fn not_found() -> Reply {
    text(StatusCode::NOT_FOUND, "Not Found\n")
}

pub(crate) fn too_many_requests() -> Reply {
    // HTML whatever was asked for, as the machines before YouTube's own answer.
    let mut reply = html("<!DOCTYPE html><title>429. Too Many Requests</title>".to_owned());
    *reply.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    reply
}

pub(crate) fn unavailable() -> Reply {
    let mut reply = html("<!DOCTYPE html><title>503. Service Unavailable</title>".to_owned());
    *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    reply
}

/// A head that promises some bytes, and a connection that ends before they come.
pub(crate) fn broken_off() -> Reply {
    let break_off = futures_util::stream::once(async {
        // What is not sent before an error is not sent at all.
        tokio::time::sleep(TIME_TO_SEND).await;
        Err(io::ErrorKind::ConnectionReset.into())
    });
    let mut reply = Response::new(streamed(break_off));
    reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000"));
    reply
}

pub(crate) fn redirect(location: &str) -> Reply {
    let mut reply = text(StatusCode::FOUND, "");
    match HeaderValue::from_str(location) {
        Ok(value) => {
            reply.headers_mut().insert(LOCATION, value);
            reply
        }
        Err(_) => text(StatusCode::BAD_REQUEST, "that cannot stand in a Location\n"),
    }
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

pub(crate) fn streamed<S>(chunks: S) -> Body
where
    S: Stream<Item = io::Result<Bytes>> + Send + Sync + 'static,
{
    use futures_util::TryStreamExt;
    StreamBody::new(chunks.map_ok(Frame::data)).boxed()
}

pub(crate) fn with_type(media_type: &'static str, mut reply: Reply) -> Reply {
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}
