//! Files over HTTP: whole, in parts, or not again (RFC 9110, sections 8.8, 13 and 14).

mod disposition;
mod range;

use std::{
    io,
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HttpDate},
    },
};
use bytes::Bytes;
use common_types::{ErrorCode, Timestamp};
use futures_util::{Stream, stream};
use service_kit::ApiError;

use range::Requested;

/// What is said of a file beside its bytes.
#[derive(Debug)]
pub(crate) struct Representation {
    /// The name that a person sees.
    pub(crate) filename: String,
    pub(crate) media_type: &'static str,
    /// Opaque and strong: changes with any byte.
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
}

/// Answers GET and HEAD for `size` bytes, any part of which `read` can stream.
pub(crate) fn serve<S>(
    request: &HttpRequest,
    size: u64,
    representation: &Representation,
    read: impl FnOnce(Range<u64>) -> S,
) -> HttpResponse
where
    S: Stream<Item = io::Result<Bytes>> + 'static,
{
    if is_not_modified(request, representation) {
        return head(StatusCode::NOT_MODIFIED, representation).finish();
    }
    let (status, range) = match requested(request, representation, size) {
        Requested::Whole => (StatusCode::OK, 0..size),
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Unsatisfiable => return unsatisfiable(size),
    };
    let mut response = head(status, representation);
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header((header::CONTENT_RANGE, content_range(&range, size)));
    }
    let length = range.end.saturating_sub(range.start);
    response.no_chunking(length);
    if request.method() == Method::HEAD {
        // The length of what GET would send, and nothing read for it.
        return response.body(SizedStream::new(length, stream::empty::<io::Result<Bytes>>()));
    }
    response.body(SizedStream::new(length, read(range)))
}

/// The part that was asked for, unless `If-Range` says that the client holds another version.
fn requested(request: &HttpRequest, representation: &Representation, size: u64) -> Requested {
    let Some(range) = text(request, header::RANGE) else { return Requested::Whole };
    match text(request, header::IF_RANGE) {
        Some(condition) if !is_same_version(condition, representation) => Requested::Whole,
        _ => range::parse(range, size),
    }
}

/// A strong comparison: a weak tag never matches, a date only exactly.
fn is_same_version(condition: &str, representation: &Representation) -> bool {
    if condition.starts_with('"') || condition.starts_with("W/") {
        return condition == quoted(&representation.etag);
    }
    let date: Option<HttpDate> = condition.parse().ok();
    date.is_some_and(|date| SystemTime::from(date) == whole_seconds(representation.modified))
}

/// `If-None-Match` rules; `If-Modified-Since` counts only without it.
fn is_not_modified(request: &HttpRequest, representation: &Representation) -> bool {
    if let Some(tags) = text(request, header::IF_NONE_MATCH) {
        let ours = quoted(&representation.etag);
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == ours);
    }
    let since: Option<HttpDate> =
        text(request, header::IF_MODIFIED_SINCE).and_then(|date| date.parse().ok());
    since.is_some_and(|since| whole_seconds(representation.modified) <= SystemTime::from(since))
}

fn head(status: StatusCode, representation: &Representation) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::ETAG, quoted(&representation.etag)))
        .insert_header((
            header::LAST_MODIFIED,
            HttpDate::from(whole_seconds(representation.modified)).to_string(),
        ))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            disposition::attachment(&representation.filename),
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_TYPE, representation.media_type));
    response
}

fn unsatisfiable(size: u64) -> HttpResponse {
    let detail = format!("The file has {size} bytes.");
    let error = ApiError::new(ErrorCode::RangeNotSatisfiable, detail);
    let mut response = actix_web::ResponseError::error_response(&error);
    if let Ok(value) = header::HeaderValue::from_str(&format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// HTTP dates have whole seconds.
fn whole_seconds(instant: Timestamp) -> SystemTime {
    let seconds = u64::try_from(instant.as_seconds()).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
