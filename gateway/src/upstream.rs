//! One hop to a service: connections that are kept, balanced, given up in time, and tried again
//! where that can do no harm.
//!
//! The client is hyper-util's. awc needs twice the CPU for large bodies and takes a body that was
//! cut for a whole one.

mod download;
mod processes;
mod upload;

use std::{error::Error, time::Duration};

use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, uri::PathAndQuery};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

pub(crate) use download::{Download, announced_size};
pub(crate) use processes::{AddressError, Process, Processes, processes};
pub(crate) use upload::{RequestBody, Upload, UploadLimits};

use crate::Timeouts;

/// Shorter than the services' keep-alive, so that a kept connection is never one that they close.
const POOL_IDLE: Duration = Duration::from_secs(30);
const MAX_IDLE_CONNECTIONS: usize = 256;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("cannot reach the service")]
    Unreachable(#[source] legacy::Error),
    #[error("the service did not answer the request")]
    Failed(#[source] legacy::Error),
    #[error("the service did not answer in time")]
    TimedOut,
    #[error("the request cannot be made")]
    Request(#[source] http::Error),
    #[error("the service has no process")]
    NoMember,
}

/// What a service is to be asked.
pub(crate) struct Order<'o> {
    pub(crate) method: Method,
    pub(crate) target: PathAndQuery,
    /// Makes the headers, once per attempt: hardly ever a second time, so none are kept.
    pub(crate) headers: &'o dyn Fn() -> HeaderMap,
    pub(crate) body: Option<Upload>,
    /// How long to wait for the head of the answer.
    pub(crate) patience: Duration,
}

impl Order<'_> {
    fn request(&self, process: &Process) -> Result<Request<RequestBody>, http::Error> {
        let uri = Uri::builder()
            .scheme(http::uri::Scheme::HTTP)
            .authority(process.target.authority.clone())
            .path_and_query(self.target.clone())
            .build()?;
        let mut request = Request::new(RequestBody(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = (self.headers)();
        Ok(request)
    }

    fn can_move_on(&self) -> bool {
        self.body.as_ref().is_none_or(Upload::is_untouched)
    }

    /// Whether it does no harm if the service has seen it already (RFC 9110, section 9.2.2).
    fn is_repeatable(&self) -> bool {
        let is_idempotent = matches!(
            self.method,
            Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
        );
        is_idempotent && self.body.is_none()
    }
}

/// The connections of one worker. They stay on its thread.
pub(crate) struct Upstream {
    client: Client<HttpConnector, RequestBody>,
}

impl Upstream {
    pub(crate) fn new(timeouts: &Timeouts) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeouts.connect));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector);
        Self { client }
    }

    /// Asks one process of the service; another where the first cannot be reached, and, once, where
    /// it fails and it does no harm if both have seen the request.
    ///
    /// # Errors
    /// [`UpstreamError`]; the connection of a request that was given up is closed.
    pub(crate) async fn send(
        &self,
        service: &Processes,
        order: &Order<'_>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let is_alone = service.members().len() < 2;
        let mut process = service.next().ok_or(UpstreamError::NoMember)?;
        let mut unreachable: usize = 0;
        let mut may_repeat = order.is_repeatable();
        loop {
            let asked = self.ask(process, order, may_repeat && !is_alone).await;
            let is_repeatable = match &asked {
                Ok(Some(response)) => {
                    service.note_success(process);
                    may_repeat && !is_alone && is_trouble(response.status())
                }
                // It was found to be unable to work while we waited.
                Ok(None) => true,
                Err(UpstreamError::Unreachable(_)) => {
                    service.note_failure(process);
                    unreachable = unreachable.saturating_add(1);
                    let has_more = unreachable < service.members().len();
                    if has_more && order.can_move_on() {
                        process = service.another(process);
                        continue;
                    }
                    false
                }
                Err(UpstreamError::TimedOut) => {
                    service.note_failure(process);
                    false
                }
                // A kept connection may end at the very moment it is used again.
                Err(UpstreamError::Failed(error)) => may_repeat && is_lost_connection(error),
                Err(_) => false,
            };
            match asked {
                Ok(Some(response)) if !is_repeatable => return Ok(response),
                Err(error) if !is_repeatable => return Err(error),
                _ => {
                    may_repeat = false;
                    process = service.another(process);
                }
            }
        }
    }

    /// Asks this process. With `may_leave`, nothing once it is found to be unable to work.
    async fn ask(
        &self,
        process: &Process,
        order: &Order<'_>,
        may_leave: bool,
    ) -> Result<Option<Response<Incoming>>, UpstreamError> {
        let request = order.request(process).map_err(UpstreamError::Request)?;
        let asking = tokio::time::timeout(order.patience, self.client.request(request));
        let answer = match may_leave {
            false => asking.await,
            true => tokio::select! {
                answer = asking => answer,
                () = process.leaves() => return Ok(None),
            },
        };
        match answer {
            Ok(Ok(response)) => Ok(Some(response)),
            Ok(Err(error)) if error.is_connect() => Err(UpstreamError::Unreachable(error)),
            Ok(Err(error)) => Err(UpstreamError::Failed(error)),
            Err(_elapsed) => Err(UpstreamError::TimedOut),
        }
    }
}

/// Whether another process may do better.
fn is_trouble(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Whether the connection ended before the answer began.
fn is_lost_connection(error: &legacy::Error) -> bool {
    let mut next = error.source();
    while let Some(source) = next {
        let of_hyper = source.downcast_ref::<hyper::Error>();
        if of_hyper.is_some_and(|e| e.is_incomplete_message() || e.is_closed() || e.is_canceled()) {
            return true;
        }
        let of_io = source.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(
            of_io,
            Some(std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
        ) {
            return true;
        }
        next = source.source();
    }
    false
}
