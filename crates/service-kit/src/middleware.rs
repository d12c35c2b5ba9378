//! What surrounds every request: its id, the access log, metrics, and the refusal of encodings.

use std::{borrow::Cow, time::Instant};

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use common_types::{
    ErrorCode,
    paths::{INTERNAL, REQUEST_ID_HEADER},
};

use crate::{
    ApiError, connection, metrics, request_id,
    trace::{self, TRACEPARENT_HEADER, Trace},
};

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// Headers for every response that does not have them already.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultHeaders(pub &'static [(HeaderName, HeaderValue)]);

impl DefaultHeaders {
    fn apply(self, headers: &mut HeaderMap) {
        for (name, value) in self.0 {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Names a request in the access log and in metrics, where no route pattern does: a handler that
/// serves many paths puts it into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

/// Gives the request its id, for the length of its handling, and puts it on the response; tells
/// the connection when a request begins and ends.
///
/// # Errors
/// Those of the service within.
pub async fn with_request_id<B: MessageBody + Unpin + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, Error> {
    let tending = connection::begin(&mut request);
    let offered = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
    let id = request_id::accept(offered);
    let header = HeaderValue::from_str(&id).map_err(ApiError::internal)?;
    let offered = request.headers().get(TRACEPARENT_HEADER).and_then(|value| value.to_str().ok());
    let trace = Trace::accept(offered, &id);
    let handling = trace::scope(trace, observe(request, next));
    let mut response = request_id::scope(id, handling).await?;
    let defaults = response.request().app_data::<DefaultHeaders>().copied().unwrap_or_default();
    defaults.apply(response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, header);
    Ok(tending.attach(response))
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
        as_problem(next.call(request).await?)
    };
    note(&method, &response, started);
    Ok(response)
}

/// Makes a problem of what some middleware refused in a form of its own.
fn as_problem<B: MessageBody>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    let refusal = match response.response().error() {
        Some(error) if error.as_error::<ApiError>().is_none() => {
            let code = match response.status().as_u16() {
                404 => ErrorCode::NotFound,
                413 => ErrorCode::PayloadTooLarge,
                415 => ErrorCode::UnsupportedMediaType,
                400..500 => ErrorCode::InvalidRequest,
                _ => return response.map_into_left_body(),
            };
            ApiError::new(code, format!("{error}."))
        }
        _ => return response.map_into_left_body(),
    };
    let (request, _unreadable) = response.into_parts();
    ServiceResponse::new(request, refusal.error_response()).map_into_right_body()
}

/// Whether the body claims an encoding. Decompression is compiled out; this refuses it by word.
fn is_encoded(request: &ServiceRequest) -> bool {
    request
        .headers()
        .get_all(CONTENT_ENCODING)
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn note<B>(method: &Method, response: &ServiceResponse<B>, started: Instant) {
    let elapsed = started.elapsed();
    let named = response.request().extensions().get::<RouteName>().copied();
    let pattern = || response.request().match_pattern().map(Cow::Owned);
    let route = named
        .map(|RouteName(name)| Cow::Borrowed(name))
        .or_else(pattern)
        .unwrap_or(Cow::Borrowed("unmatched"));
    let status = response.status();
    // Heartbeats and probes come every second; they would drown what people did.
    let level = if is_background(&route) { log::Level::Debug } else { log::Level::Info };
    let ms = elapsed.as_secs_f64() * 1000.0;
    log::log!(target: "access", level, "{method} {route} {} {ms:.1} ms", status.as_u16());
    metrics::http::record(method, route, status, elapsed);
}

fn is_background(route: &str) -> bool {
    route.starts_with(INTERNAL) || matches!(route, "/livez" | "/readyz")
}
