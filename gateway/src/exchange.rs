//! Passing an admitted request to its service, and the answer back, both as they stream.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Payload,
};
use common_types::{
    ErrorCode,
    paths::{IDENTITY_HEADER, REQUEST_ID_HEADER, STORE_HEADER},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, response::Parts, uri::PathAndQuery,
};
use hyper::body::Incoming;
use media_store::StoreReader;
use service_kit::{
    ApiError, ApiResult, Chain, request_id,
    trace::{self, TRACEPARENT_HEADER},
};

use crate::{
    auth::Verdict,
    caller::Caller,
    handover::{self, HandoverError},
    headers,
    lifeline::Lifeline,
    routes::{Route, Rule},
    shared::Shared,
    socket,
    upstream::{Download, Order, Upload, UploadLimits, Upstream, UpstreamError, announced_size},
};

// Checked when this is compiled, not with every request.
const IDENTITY: HeaderName = HeaderName::from_static(IDENTITY_HEADER);
const STORE: HeaderName = HeaderName::from_static(STORE_HEADER);
const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);
const TRACEPARENT: HeaderName = HeaderName::from_static(TRACEPARENT_HEADER);
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// How long a client should wait for a service that cannot be reached.
const RETRY_AFTER_SECONDS: u64 = 2;

const FIRST_BYTE: &str = "delivery_first_byte_seconds";

/// Says what the metrics of deliveries mean.
pub(crate) fn describe() {
    metrics::describe_histogram!(
        FIRST_BYTE,
        "Time until a delivery could begin: with its first bytes read where the gateway sends them, \
         else with the head of the service's answer."
    );
}

/// A request on its way.
pub(crate) struct Exchange<'e> {
    pub(crate) shared: &'e Arc<Shared>,
    pub(crate) request: &'e HttpRequest,
    pub(crate) route: Route,
    pub(crate) caller: &'e Caller<'e>,
    pub(crate) verdict: Option<&'e Arc<Verdict>>,
}

impl Exchange<'_> {
    /// Asks the service and passes on its answer, a problem as it is.
    ///
    /// # Errors
    /// `payload_too_large` or `invalid_request` for the client's body; `unavailable`,
    /// `bad_gateway` or `gateway_timeout` for the service.
    pub(crate) async fn run(
        self,
        upstream: &Upstream,
        payload: Payload,
    ) -> ApiResult<HttpResponse> {
        let began = Instant::now();
        let identity = self.identity()?;
        // What follows a handshake is no body.
        let is_socket = self.route.rule == Rule::Socket;
        let (body, socket) = match is_socket {
            true => (None, Some(payload)),
            false => (self.upload(payload)?, None),
        };
        let store = self.offered_store();
        let order = Order {
            method: method_of(self.request)?,
            target: target_of(self.request)?,
            headers: &|| self.headers(&identity, store.as_ref()),
            patience: self.patience(body.is_some()),
            body,
        };
        let service = self.shared.services.of(self.route.service);
        match upstream.send(service, &order).await {
            Ok(answer) if socket::is_open(&answer) => match socket {
                Some(payload) => socket::join(answer, payload, self.shared, self.verdict).await,
                None => Err(bad_gateway("a switch of protocols that nobody asked for")),
            },
            Ok(answer) if handover::is_plan(answer.headers()) => {
                let response = self.follow(answer, store).await?;
                note_first_byte("gateway", began);
                Ok(response)
            }
            Ok(answer) => {
                if self.is_delivery(&answer) {
                    note_first_byte("service", began);
                }
                self.pass_on(answer)
            }
            Err(error) => Err(match order.body.as_ref().and_then(Upload::failure) {
                Some(failure) => failure.into(),
                None => refusal(error),
            }),
        }
    }

    /// The store whose bytes we offer to send for the service.
    fn offered_store(&self) -> Option<StoreReader> {
        let is_get = self.request.method() == actix_web::http::Method::GET;
        let may_deliver = is_get && self.route.service.delivers_files();
        may_deliver.then(|| self.shared.disk.store()).flatten()
    }

    /// Whether the service sends a file or an archive itself.
    fn is_delivery(&self, answer: &Response<Incoming>) -> bool {
        self.route.service.delivers_files()
            && self.request.method() == actix_web::http::Method::GET
            && answer.status().is_success()
            && answer.headers().contains_key(http::header::CONTENT_DISPOSITION)
    }

    fn identity(&self) -> ApiResult<HeaderValue> {
        let address = self.caller.address;
        match self.verdict {
            Some(verdict) => {
                self.shared.voucher.for_user(&verdict.user, address, &verdict.last_signature)
            }
            None => self.shared.voucher.for_anyone(address),
        }
    }

    fn upload(&self, payload: Payload) -> ApiResult<Option<Upload>> {
        let length = self.request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let is_chunked = self.request.headers().contains_key(header::TRANSFER_ENCODING);
        if !is_chunked && length.unwrap_or(0) == 0 {
            return Ok(None);
        }
        let options = &self.shared.options;
        let limits =
            UploadLimits { bytes: options.max_body_bytes, deadline: options.timeouts.upload };
        Ok(Some(Upload::start(payload, length, limits)?))
    }

    /// A body has its own time to arrive before the service can answer.
    fn patience(&self, has_body: bool) -> Duration {
        let timeouts = &self.shared.options.timeouts;
        let is_slow = self.route.rule == Rule::Slow;
        let answer = if is_slow { timeouts.slow_answer } else { timeouts.answer };
        if has_body { answer + timeouts.upload } else { answer }
    }

    /// The client's headers, without what is not its business, and ours.
    fn headers(&self, identity: &HeaderValue, store: Option<&StoreReader>) -> HeaderMap {
        let mut headers = headers::of_request(self.request.headers());
        headers.insert(IDENTITY, identity.clone());
        if let Some(Ok(id)) = store.map(|store| HeaderValue::try_from(store.id())) {
            headers.insert(STORE, id);
        }
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(self.caller.scheme()));
        if let Ok(address) = HeaderValue::try_from(self.caller.address.to_string()) {
            headers.insert(FORWARDED_FOR, address);
        }
        if self.route.rule == Rule::Socket {
            socket::mark_handshake(&mut headers);
        }
        if let Some(Ok(id)) = request_id::current().map(HeaderValue::try_from) {
            headers.insert(REQUEST_ID, id);
        }
        let trace = trace::current().map(|trace| HeaderValue::try_from(trace.header()));
        if let Some(Ok(trace)) = trace {
            headers.insert(TRACEPARENT, trace);
        }
        let host = self.caller.host.map(|host| HeaderValue::from_bytes(host.as_bytes()));
        if let Some(Ok(host)) = host {
            headers.insert(FORWARDED_HOST, host);
        }
        headers
    }

    /// Sends what the service says, under the head that it gave.
    async fn follow(
        &self,
        answer: Response<Incoming>,
        store: Option<StoreReader>,
    ) -> ApiResult<HttpResponse> {
        let (head, plan) = answer.into_parts();
        let patience = self.shared.options.timeouts.answer;
        let body = handover::begin(store, &head, plan, patience).await.map_err(not_followed)?;
        Ok(with_head(&head, body)?.map_into_boxed_body())
    }

    fn pass_on(&self, answer: Response<Incoming>) -> ApiResult<HttpResponse> {
        let (head, body) = answer.into_parts();
        let is_head = self.request.method() == actix_web::http::Method::HEAD;
        let size = announced_size(&head.headers, &body, is_head);
        let size = size.ok_or_else(|| bad_gateway("the answer has no framing"))?;
        let body = Download::new(body, size, self.shared.options.timeouts.idle);
        match self.verdict.filter(|_| self.route.rule == Rule::Live) {
            Some(verdict) => {
                let body = Lifeline::new(body, Arc::clone(self.shared), Arc::clone(verdict));
                Ok(with_head(&head, body)?.map_into_boxed_body())
            }
            None => Ok(with_head(&head, body)?.map_into_boxed_body()),
        }
    }
}

fn note_first_byte(by: &'static str, began: Instant) {
    metrics::histogram!(FIRST_BYTE, "by" => by).record(began.elapsed().as_secs_f64());
}

/// An answer with the status of the service's, and those of its headers that a client may see.
fn with_head<B>(head: &Parts, body: B) -> ApiResult<HttpResponse<B>> {
    let status = StatusCode::from_u16(head.status.as_u16()).map_err(bad_gateway)?;
    let mut response = HttpResponse::with_body(status, body);
    headers::copy_answer(&head.headers, response.headers_mut());
    Ok(response)
}

fn method_of(request: &HttpRequest) -> ApiResult<Method> {
    Method::from_bytes(request.method().as_str().as_bytes()).map_err(ApiError::internal)
}

fn target_of(request: &HttpRequest) -> ApiResult<PathAndQuery> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    PathAndQuery::try_from(target).map_err(|error| {
        ApiError::new(ErrorCode::InvalidRequest, "The query is not valid.").with_source(error)
    })
}

fn refusal(error: UpstreamError) -> ApiError {
    match error {
        UpstreamError::Unreachable(_) | UpstreamError::NoMember => {
            let detail = "The service is not available at the moment.";
            ApiError::unavailable(detail, error).with_retry_after(RETRY_AFTER_SECONDS)
        }
        UpstreamError::TimedOut => {
            let detail = "The service took too long to answer.";
            ApiError::new(ErrorCode::GatewayTimeout, detail).with_source(error)
        }
        UpstreamError::Failed(_) => bad_gateway(error),
        UpstreamError::Request(_) => ApiError::internal(error),
    }
}

/// A file that was removed behind the service's back, as the service tells of one.
fn not_followed(error: HandoverError) -> ApiError {
    if error.is_for_want_of_a_file() {
        log::error!("{}", Chain(&error));
        return ApiError::new(ErrorCode::Expired, "A file of this has been removed.");
    }
    bad_gateway(error)
}

fn bad_gateway(source: impl Into<Box<dyn Error + Send + Sync>>) -> ApiError {
    ApiError::new(ErrorCode::BadGateway, "The service failed to answer.").with_source(source)
}
