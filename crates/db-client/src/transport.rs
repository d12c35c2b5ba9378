//! One hop to db-service over HTTP.

use std::{sync::Arc, time::Duration};

use auth_tokens::{Identity, IdentityKey};
use awc::{
    Client, ClientRequest, ClientResponse, Connector,
    error::SendRequestError,
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
};
use common_types::{
    Problem,
    internal::audit::{ACT_HEADER, Act},
    paths::{IDENTITY_HEADER, INTERNAL, REQUEST_ID_HEADER},
};
use serde::{Serialize, de::DeserializeOwned};
use service_kit::{
    Clock, Config,
    balance::{Balance, Member},
    request_id,
    trace::{self, TRACEPARENT_HEADER},
};
use url::Url;

use crate::DbError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longer than db-service waits for its pool, so that its own answer arrives.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the server's keep-alive, so that a pooled connection is never one that it closes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Far above a page of the largest size.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Everything that a [`DbClient`] is made from. It crosses threads, which a client cannot.
#[derive(Debug, Clone)]
pub struct DbConnector {
    /// What one client finds out about them, all others know.
    services: Arc<Balance<Url>>,
    key: Arc<IdentityKey>,
    service: &'static str,
    clock: Clock,
}

impl DbConnector {
    /// For the process `service`, as configured.
    pub fn new(service: &'static str, config: &Config) -> Self {
        Self {
            services: Arc::new(Balance::new(config.db_url.iter().cloned())),
            key: Arc::new(IdentityKey::from_secret(config.internal_secret.expose())),
            service,
            clock: Clock::system(),
        }
    }

    /// As many connectors as there are db-services, each to one of them.
    pub fn each(&self) -> Vec<Self> {
        let one = |member: &Member<Url>| {
            let services = Arc::new(Balance::new([member.target.clone()]));
            Self { services, ..self.clone() }
        };
        self.services.members().iter().map(one).collect()
    }

    /// A client with a pool of connections of its own, for this thread.
    pub fn connect(&self) -> DbClient {
        let connector =
            Connector::new().timeout(CONNECT_TIMEOUT).conn_keep_alive(IDLE_TIMEOUT).limit(256);
        let http = Client::builder()
            .connector(connector)
            .timeout(ANSWER_TIMEOUT)
            .disable_redirects()
            .no_default_headers()
            .finish();
        DbClient { http, connector: self.clone(), act: None }
    }
}

/// Speaks to db-service. Not `Send`: make one per thread with [`DbConnector::connect`].
pub struct DbClient {
    http: Client,
    connector: DbConnector,
    /// For whom it asks, as the header says it.
    act: Option<HeaderValue>,
}

impl DbClient {
    /// The same client, asking on behalf of someone: what it changes is noted as that one's.
    #[must_use]
    pub fn acting(&self, act: &Act) -> Self {
        let json = serde_json::to_vec(act).ok();
        Self {
            http: self.http.clone(),
            connector: self.connector.clone(),
            // What no header can hold is left out, and then nobody is named.
            act: json.and_then(|json| HeaderValue::from_bytes(&json).ok()),
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, DbError> {
        self.call(Method::GET, path, None::<&()>).await
    }

    pub(crate) async fn get_with<T: DeserializeOwned, Q: Serialize + Sync>(
        &self,
        path: &str,
        query: &Q,
    ) -> Result<T, DbError> {
        let answer = self
            .send(
                Method::GET,
                |request| {
                    request.query(query).map_err(|error| DbError::Request(error.to_string().into()))
                },
                path,
                None::<&()>,
            )
            .await?;
        read(answer).await
    }

    pub(crate) async fn call<T: DeserializeOwned, B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<T, DbError> {
        read(self.send(method, Ok, path, body).await?).await
    }

    /// For an answer that does not end; only its head has to come in time.
    pub(crate) async fn stream(&self, path: &str) -> Result<Answer, DbError> {
        let answer = self.send(Method::GET, Ok, path, None::<&()>).await?;
        if answer.status().is_success() { Ok(answer) } else { Err(refusal(answer).await) }
    }

    /// For answers without a body.
    pub(crate) async fn order<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<(), DbError> {
        let answer = self.send(method, Ok, path, body).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refusal(answer).await) }
    }

    /// Sends, and asks another db-service once if the first could not be reached at all. A request
    /// that may have arrived is repeated only where that changes nothing.
    async fn send<B: Serialize>(
        &self,
        method: Method,
        adapt: impl Fn(ClientRequest) -> Result<ClientRequest, DbError>,
        path: &str,
        body: Option<&B>,
    ) -> Result<Answer, DbError> {
        let is_safe = method == Method::GET;
        let services = &self.connector.services;
        let first = services.next().ok_or_else(|| DbError::Request("no db-service".into()))?;
        match self.ask(first, method.clone(), &adapt, path, body).await {
            Err(DbError::Unreachable(error)) if is_safe || never_arrived(&error) => {
                self.ask(services.another(first), method, &adapt, path, body).await
            }
            answer => answer,
        }
    }

    async fn ask<B: Serialize>(
        &self,
        service: &Member<Url>,
        method: Method,
        adapt: impl Fn(ClientRequest) -> Result<ClientRequest, DbError>,
        path: &str,
        body: Option<&B>,
    ) -> Result<Answer, DbError> {
        let request = adapt(self.request(&service.target, method, path)?)?;
        let sent = match body {
            Some(body) => request.send_json(body),
            None => request.send(),
        };
        let answer = sent.await;
        match &answer {
            Ok(_) => self.connector.services.note_success(service),
            Err(error) if never_arrived(error) || matches!(error, SendRequestError::Timeout) => {
                self.connector.services.note_failure(service);
            }
            Err(_broke_off) => {}
        }
        answer.map_err(DbError::Unreachable)
    }

    fn request(&self, base: &Url, method: Method, path: &str) -> Result<ClientRequest, DbError> {
        let identity = Identity::of_service(self.connector.service);
        let signed = self.connector.key.sign(identity, self.connector.clock.now());
        let signed = signed.map_err(|error| DbError::Request(error.into()))?;
        let base = base.as_str().trim_end_matches('/');
        let mut request = self
            .http
            .request(method, format!("{base}{path}"))
            .insert_header((IDENTITY_HEADER, signed))
            .insert_header((header::ACCEPT, "application/json"));
        if let Some(act) = &self.act {
            request = request.insert_header((ACT_HEADER, act.clone()));
        }
        if let Some(id) = request_id::current() {
            request = request.insert_header((REQUEST_ID_HEADER, id));
        }
        if let Some(trace) = trace::current() {
            request = request.insert_header((TRACEPARENT_HEADER, trace.header()));
        }
        Ok(request)
    }
}

pub(crate) type Answer = ClientResponse;

/// Whether the connection was never made, so that nothing can have happened.
fn never_arrived(error: &SendRequestError) -> bool {
    matches!(error, SendRequestError::Connect(_))
}

async fn read<T: DeserializeOwned>(mut answer: Answer) -> Result<T, DbError> {
    if !answer.status().is_success() {
        return Err(refusal(answer).await);
    }
    let body = answer.body().limit(MAX_ANSWER_BYTES).await.map_err(DbError::Unreadable)?;
    serde_json::from_slice(&body).map_err(DbError::Unintelligible)
}

async fn refusal(mut answer: Answer) -> DbError {
    let status: StatusCode = answer.status();
    let retry_after =
        answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_seconds = retry_after.and_then(|seconds| seconds.parse().ok());
    match answer.body().limit(MAX_ANSWER_BYTES).await {
        Ok(body) => match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => DbError::Refused { problem: Box::new(problem), retry_after_seconds },
            Err(_no_problem) => DbError::Unexpected(status.as_u16()),
        },
        Err(error) => DbError::Unreadable(error),
    }
}

/// A path below [`INTERNAL`].
pub(crate) fn internal(rest: impl std::fmt::Display) -> String {
    format!("{INTERNAL}/{rest}")
}
