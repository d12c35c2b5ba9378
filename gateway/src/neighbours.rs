//! The calls that the gateway makes for itself: keys, ended sessions, API keys, readiness, and parts
//! of the API document.

use std::{sync::Arc, time::Duration};

use auth_tokens::Verifier;
use awc::{
    Client, ClientRequest, ClientResponse, Connector,
    error::{ConnectError, PayloadError, SendRequestError},
    http::Method,
};
use common_types::{
    Problem,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, RevocationFeed},
    paths::{API_PART, IDENTITY_HEADER, INTERNAL, REQUEST_ID_HEADER},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use service_kit::{
    request_id,
    trace::{self, TRACEPARENT_HEADER},
};

use crate::{
    shared::Shared,
    upstream::{Process, Processes},
};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Readiness is asked while a client waits for `/health`.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Shorter than the services' keep-alive.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const KEYS: &str = "/api/auth/.well-known/jwks.json";

/// How a process is, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    Gone,
    /// It said nothing in time.
    Silent,
    /// It runs, and says that it cannot do its work.
    Alive,
    Ready,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NeighbourError {
    #[error("cannot sign the request")]
    Sign(#[source] auth_tokens::TokenError),
    #[error("cannot reach the service")]
    Unreachable(#[source] SendRequestError),
    #[error("the service has no process")]
    NoMember,
    #[error("cannot read the answer")]
    Unreadable(#[source] PayloadError),
    #[error("cannot understand the answer")]
    Unintelligible(#[source] serde_json::Error),
    #[error("the service refused: {}", .0.detail)]
    Refused(Box<Problem>),
    #[error("the service answered {0}")]
    Unexpected(u16),
}

/// Speaks to the services behind. Not `Send`: one per thread.
pub(crate) struct Neighbours {
    http: Client,
    shared: Arc<Shared>,
}

impl Neighbours {
    pub(crate) fn connect(shared: &Arc<Shared>) -> Self {
        let connector = Connector::new()
            .timeout(shared.options.timeouts.connect)
            .conn_keep_alive(IDLE_TIMEOUT)
            .limit(64);
        let http = Client::builder()
            .connector(connector)
            .timeout(ANSWER_TIMEOUT)
            .disable_redirects()
            .no_default_headers()
            .finish();
        Self { http, shared: Arc::clone(shared) }
    }

    /// The public keys that verify access tokens.
    pub(crate) async fn keys(&self) -> Result<Verifier, NeighbourError> {
        let body = self.ask_auth(Method::GET, KEYS, None::<&()>).await?;
        Verifier::from_json(&body).map_err(NeighbourError::Unintelligible)
    }

    /// The sessions that ended after the cursor.
    pub(crate) async fn revocations(&self, after: i64) -> Result<RevocationFeed, NeighbourError> {
        let path = format!("/internal/revocations?after={after}");
        parse(&self.ask_auth(Method::GET, &path, None::<&()>).await?)
    }

    /// What is known of an API key, by the lower-case hex of its SHA-256.
    pub(crate) async fn verify_key(
        &self,
        key_hash: String,
    ) -> Result<ApiKeyVerdict, NeighbourError> {
        let lookup = ApiKeyLookup { key_hash };
        parse(&self.ask_auth(Method::POST, "/internal/api-keys/verify", Some(&lookup)).await?)
    }

    /// A service's part of the API document.
    pub(crate) async fn api_part(&self, service: &Processes) -> Result<Value, NeighbourError> {
        let path = format!("{INTERNAL}{API_PART}");
        parse(&self.ask(service, Method::GET, &path, None::<&()>).await?)
    }

    /// How the best process of a service is.
    pub(crate) async fn condition(&self, service: &Processes) -> Condition {
        let probes = service.members().iter().map(|process| self.probe(process));
        let found = futures_util::future::join_all(probes).await;
        found.into_iter().max().unwrap_or(Condition::Gone)
    }

    /// How this process says that it is.
    pub(crate) async fn probe(&self, process: &Process) -> Condition {
        let url = format!("{}/readyz", process.target.base);
        match self.http.get(url).timeout(PROBE_TIMEOUT).send().await {
            Ok(answer) if answer.status().is_success() => Condition::Ready,
            Ok(_not_ready) => Condition::Alive,
            Err(SendRequestError::Connect(ConnectError::Timeout) | SendRequestError::Timeout) => {
                Condition::Silent
            }
            Err(_gone) => Condition::Gone,
        }
    }

    async fn ask_auth<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<Vec<u8>, NeighbourError> {
        self.ask(&self.shared.services.auth, method, path, body).await
    }

    /// Asks a service, and another process of it if the first does not answer: no call here changes
    /// anything.
    async fn ask<B: Serialize>(
        &self,
        service: &Processes,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<Vec<u8>, NeighbourError> {
        let mut attempts_left = service.members().len().max(2);
        let mut process = service.next().ok_or(NeighbourError::NoMember)?;
        loop {
            let request =
                self.request(method.clone(), &format!("{}{path}", process.target.base))?;
            let sent = match body {
                Some(body) => request.send_json(body),
                None => request.send(),
            };
            attempts_left = attempts_left.saturating_sub(1);
            match sent.await {
                Ok(answer) => {
                    service.note_success(process);
                    return read(answer).await;
                }
                Err(error) => {
                    if matches!(error, SendRequestError::Connect(_) | SendRequestError::Timeout) {
                        service.note_failure(process);
                    }
                    if attempts_left == 0 {
                        return Err(NeighbourError::Unreachable(error));
                    }
                    process = service.another(process);
                }
            }
        }
    }

    fn request(&self, method: Method, url: &str) -> Result<ClientRequest, NeighbourError> {
        let identity = self.shared.voucher.for_itself().map_err(NeighbourError::Sign)?;
        let request = self.http.request(method, url).insert_header((IDENTITY_HEADER, identity));
        let request = match request_id::current() {
            Some(id) => request.insert_header((REQUEST_ID_HEADER, id)),
            None => request,
        };
        Ok(match trace::current() {
            Some(trace) => request.insert_header((TRACEPARENT_HEADER, trace.header())),
            None => request,
        })
    }
}

async fn read(mut answer: ClientResponse) -> Result<Vec<u8>, NeighbourError> {
    let status = answer.status();
    let body = answer.body().limit(MAX_ANSWER_BYTES).await.map_err(NeighbourError::Unreadable)?;
    if status.is_success() {
        return Ok(body.into());
    }
    Err(match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => NeighbourError::Refused(Box::new(problem)),
        Err(_no_problem) => NeighbourError::Unexpected(status.as_u16()),
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, NeighbourError> {
    serde_json::from_slice(body).map_err(NeighbourError::Unintelligible)
}
