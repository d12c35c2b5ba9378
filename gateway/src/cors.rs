//! Which pages of other origins may call us and read our answers.
//!
//! actix-cors would do, but it sends its headers to every origin and to none, and refuses in plain
//! text.

use std::rc::Rc;

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, idempotency-key, if-none-match, if-range, \
     last-event-id, range, x-request-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept-ranges, content-disposition, content-length, content-range, etag, location, \
     ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id",
);
/// How long, in seconds, a browser may remember the answer to a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// The origins that are allowed, exactly as browsers send them.
#[derive(Debug, Clone)]
pub(crate) struct Cors(Rc<[HeaderValue]>);

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect())
    }

    /// Answers preflights, and adds to every other answer what its origin may have. An origin that
    /// is not listed gets no header of ours, and its browser draws the conclusion.
    ///
    /// # Errors
    /// Those of the service within.
    pub(crate) async fn apply<B: MessageBody + 'static>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<EitherBody<B>>, Error> {
        let origin = request.headers().get(header::ORIGIN);
        let allowed = origin.filter(|origin| self.0.contains(origin)).cloned();
        let mut response = if is_preflight(&request) {
            let answer = preflight(allowed.is_some());
            request.into_response(answer).map_into_right_body()
        } else {
            next.call(request).await?.map_into_left_body()
        };
        // Caches must know even of the answers that lack the headers.
        response.headers_mut().append(header::VARY, ORIGIN);
        if let Some(origin) = allowed {
            grant(origin, response.headers_mut());
        }
        Ok(response)
    }
}

fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(is_allowed: bool) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if is_allowed {
        answer
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    }
    answer.finish()
}

fn grant(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
}
