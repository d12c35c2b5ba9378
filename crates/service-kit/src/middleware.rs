//! What surrounds every request: its id, the access log, metrics, and the refusal of encodings.

use std::time::Instant;

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_ENCODING, HeaderName, HeaderValue},
    middleware::Next,
};
use common_types::{
    ErrorCode,
    paths::{INTERNAL, REQUEST_ID_HEADER},
};

use crate::{ApiError, request_id};

/// Gives the request its id, for the length of its handling, and puts it on the response.
///
/// # Errors
/// Those of the service within.
pub async fn with_request_id<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let offered = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
    let id = request_id::accept(offered);
    let header = HeaderValue::from_str(&id).map_err(ApiError::internal)?;
    let mut response = request_id::scope(id, observe(request, next)).await?;
    response.headers_mut().insert(HeaderName::from_static(REQUEST_ID_HEADER), header);
    Ok(response)
}

async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let response = if is_encoded(&request) {
        let detail = "Bodies must come without a Content-Encoding.";
        let refusal = ApiError::new(ErrorCode::UnsupportedMediaType, detail);
        request.error_response(refusal).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    note(method.as_str(), &response, started);
    Ok(response)
}

/// Whether the body claims an encoding. Decompression is compiled out; this refuses it by word.
fn is_encoded(request: &ServiceRequest) -> bool {
    request
        .headers()
        .get_all(CONTENT_ENCODING)
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn note<B>(method: &str, response: &ServiceResponse<B>, started: Instant) {
    let elapsed = started.elapsed();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16();
    // Heartbeats and probes come every second; they would drown what people did.
    let level = if is_background(&route) { log::Level::Debug } else { log::Level::Info };
    let ms = elapsed.as_secs_f64() * 1000.0;
    log::log!(target: "access", level, "{method} {route} {status} {ms:.1} ms");
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
}

fn is_background(route: &str) -> bool {
    route.starts_with(INTERNAL) || matches!(route, "/livez" | "/readyz")
}
