//! A gateway with three stubs behind it, and a client before it.

use std::{ffi::OsString, future::Future, time::Duration};

use auth_tokens::{AccessClaims, Identity};
use awc::{Client, ClientRequest, http::Method};
use common_types::{Problem, Timestamp, paths::IDENTITY_HEADER};
use gateway::Options;
use service_kit::{Clock, Config, Running, config::Sources};
use uuid::Uuid;

use crate::stub::{Seen, Stub};

pub(crate) const SECRET: &str = "a secret for the tests alone";

/// What a test wants to be different.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) options: Options,
}

impl Setup {
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((key, value.into()));
        self
    }

    pub(crate) async fn start(self) -> Rig {
        let [auth, youtube, database] =
            ["auth", "youtube", "database"].map(|name| Stub::start(name, SECRET));
        self.start_before(auth, youtube, database).await
    }

    pub(crate) async fn start_before(self, auth: Stub, youtube: Stub, database: Stub) -> Rig {
        let data = tempfile::tempdir().unwrap();
        let mut variables = vec![
            ("MAGPIE_DATA_DIR", data.path().to_str().unwrap().to_owned()),
            ("MAGPIE_INTERNAL_SECRET", SECRET.to_owned()),
            ("MAGPIE_GATEWAY_BIND", "127.0.0.1:0".to_owned()),
            ("MAGPIE_AUTH_URL", auth.url.clone()),
            ("MAGPIE_YOUTUBE_URL", youtube.url.clone()),
            ("MAGPIE_DB_URL", database.url.clone()),
            ("MAGPIE_CORS_ORIGINS", "https://app.test".to_owned()),
            ("MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
            ("MAGPIE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ];
        variables.extend(self.variables);
        let environment = variables.into_iter().map(|(k, v)| (k.into(), OsString::from(v)));
        let config = Config::load(&Sources::read(environment, [], &[]).unwrap()).unwrap();
        let clock = self.options.clock.clone();
        let gateway = gateway::start_with(&config, self.options).await.unwrap();
        let client = Client::builder().timeout(Duration::from_secs(20)).disable_redirects();
        let client = client.finish();
        Rig { gateway, auth, youtube, database, client, clock, _data: data }
    }
}

pub(crate) struct Rig {
    pub(crate) gateway: Running,
    pub(crate) auth: Stub,
    pub(crate) youtube: Stub,
    pub(crate) database: Stub,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    _data: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: awc::http::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn seen(&self) -> Seen {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{text}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a problem, which must be one in every respect.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.request_id.as_deref(), self.header("x-request-id"));
        if self.status == 401 {
            assert_eq!(self.header("www-authenticate"), Some("Bearer"));
        }
        problem.code.slug().to_owned()
    }

    pub(crate) fn problem(&self) -> Problem {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Setup::default().start().await
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        self.gateway.stop().await;
        for stub in [self.auth, self.youtube, self.database] {
            stub.stop().await;
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> ClientRequest {
        self.client.request(method, format!("{}{path}", self.gateway.url()))
    }

    pub(crate) fn get(&self, path: &str) -> ClientRequest {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> ClientRequest {
        self.request(Method::POST, path)
    }

    /// A token of a session that lasts an hour.
    pub(crate) fn token_of(&self, session: Uuid) -> String {
        self.sign(&self.claims(session))
    }

    pub(crate) fn token(&self) -> String {
        self.token_of(Uuid::now_v7())
    }

    pub(crate) fn claims(&self, session: Uuid) -> AccessClaims {
        let now = self.clock.now();
        let expiry = Timestamp::from_seconds(now.as_seconds() + 3600);
        AccessClaims::new(7, session.to_string(), Uuid::now_v7().to_string(), now, expiry)
    }

    pub(crate) fn sign(&self, claims: &AccessClaims) -> String {
        self.auth.state.ring.lock().unwrap().sign(claims).unwrap()
    }

    pub(crate) fn identity(&self, seen: &Seen) -> Identity {
        let token = seen.headers.get(IDENTITY_HEADER).unwrap();
        self.auth.state.identity_key.verify(token, self.clock.now()).unwrap()
    }
}

pub(crate) async fn answer(request: ClientRequest) -> Answer {
    answer_with(request, "").await
}

pub(crate) async fn answer_with(
    request: ClientRequest,
    body: impl Into<actix_web::web::Bytes>,
) -> Answer {
    let body: actix_web::web::Bytes = body.into();
    let sent = if body.is_empty() { request.send() } else { request.send_body(body) };
    let mut response = sent.await.unwrap();
    let body = response.body().limit(100 * 1024 * 1024).await.unwrap().to_vec();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

/// Asks until `condition` holds, for at most ten seconds.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "in ten seconds it did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
