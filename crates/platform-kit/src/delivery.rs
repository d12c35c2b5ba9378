//! Files over HTTP: whole, in parts, or not again (RFC 9110, sections 8.8, 13 and 14).
//!
//! The bytes are streamed, or, where the gateway has shown that it reads the same disk, left to it:
//! it is then told which bytes, so that they are not copied through this process.

mod disposition;
pub(crate) mod range;

use std::{
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
use common_types::{
    ErrorCode, Timestamp,
    paths::{DELIVERY_HEADER, STORE_HEADER},
};
use futures_util::{Stream, TryStreamExt, stream};
use media_store::{Content, Plan, Store, StoreError};
use service_kit::{ApiError, Chain};

use crate::tally;
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

impl Representation {
    /// As whoever sends the bytes in our place shall present them.
    pub(crate) fn disposition(&self) -> String {
        disposition::attachment(&self.filename)
    }
}

/// Answers GET and HEAD for `content`, or the part of it that is asked for.
pub(crate) fn serve(
    request: &HttpRequest,
    store: &Store,
    representation: &Representation,
    content: &Content,
) -> HttpResponse {
    if is_not_modified(request, representation) {
        return head(StatusCode::NOT_MODIFIED, representation).finish();
    }
    let size = content.size_bytes();
    let (status, range) = match requested(request, representation, size) {
        Requested::Whole => (StatusCode::OK, 0..size),
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Unsatisfiable => return unsatisfiable(size),
    };
    let mut response = head(status, representation);
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header((header::CONTENT_RANGE, content_range(&range, size)));
    }
    if request.method() == Method::HEAD {
        // The length of what GET would send, and nothing read for it.
        let nothing = stream::empty::<Result<Bytes, StoreError>>();
        return sized(response, range.end.saturating_sub(range.start), nothing);
    }
    match handed_over(request, store, content, &range) {
        Some(plan) => response
            .insert_header((DELIVERY_HEADER, plan.size_bytes().to_string()))
            .body(plan.encoded()),
        None => stream_range(response, store, content, range),
    }
}

/// Sends the client to where the store itself answers, unless it holds what it asks for. A part is
/// asked for there: the same `Range` goes along.
pub(crate) fn redirect(
    request: &HttpRequest,
    representation: &Representation,
    link: &str,
) -> HttpResponse {
    if is_not_modified(request, representation) {
        return head(StatusCode::NOT_MODIFIED, representation).finish();
    }
    HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, link))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// What the gateway shall send, if it has offered to and can be told in a few words.
fn handed_over(
    request: &HttpRequest,
    store: &Store,
    content: &Content,
    range: &Range<u64>,
) -> Option<Plan> {
    let offer = text(request, HeaderName::from_static(STORE_HEADER))?;
    let plan = (offer == store.disk()?.id()).then(|| content.plan(range.clone())).flatten()?;
    (plan.size_bytes() == range.end.saturating_sub(range.start)).then_some(plan)
}

fn stream_range(
    response: HttpResponseBuilder,
    store: &Store,
    content: &Content,
    range: Range<u64>,
) -> HttpResponse {
    let length = range.end.saturating_sub(range.start);
    let bytes = store.read(content, range);
    // The connection is cut, so that nobody takes a part for the whole.
    let cut = |error: &StoreError| {
        tally::cut();
        log::error!("an answer had to be cut: {}", Chain(error));
    };
    let counted = bytes.inspect_ok(|chunk| tally::delivered(chunk.len())).inspect_err(cut);
    sized(response, length, counted)
}

fn sized<S>(mut response: HttpResponseBuilder, length: u64, bytes: S) -> HttpResponse
where
    S: Stream<Item = Result<Bytes, StoreError>> + 'static,
{
    response.no_chunking(length);
    response.body(SizedStream::new(length, bytes))
}

/// The part that was asked for, unless `If-Range` says that the client holds another version.
fn requested(request: &HttpRequest, representation: &Representation, size: u64) -> Requested {
    // Only GET knows ranges (RFC 9110, section 14.2): HEAD tells of the whole.
    let range = text(request, header::RANGE).filter(|_| request.method() == Method::GET);
    let Some(range) = range else { return Requested::Whole };
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
        .insert_header((header::CONTENT_DISPOSITION, representation.disposition()))
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
