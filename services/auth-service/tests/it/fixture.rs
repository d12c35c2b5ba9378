//! A db-service and an auth-service of their own for each test, and a gateway in miniature.

use std::{ffi::OsString, path::Path, time::Duration};

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use auth_service::{
    Tuning,
    passwords::{Hasher, HashingLimits},
};
use auth_tokens::{AccessClaims, Identity, IdentityKey, Scopes, UserIdentity, Verifier};
use common_types::{ErrorCode, Problem, account::ApiKeyScope, paths::IDENTITY_HEADER};
use db_client::{DbClient, DbConnector};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service_kit::{Clock, Config, Running, config::Sources};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const BROWSER: &str = "Browser/1.0";
pub(crate) const ADDRESS: [u8; 4] = [192, 0, 2, 7];

pub(crate) struct Fixture {
    pub(crate) data: TempDir,
    pub(crate) hasher: Hasher,
    pub(crate) db: DbClient,
    variables: Vec<(&'static str, String)>,
    database: Option<Running>,
    auth: Running,
    http: awc::Client,
    key: IdentityKey,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Somebody without a credential, through the gateway.
    Anonymous,
    /// The same, from another address.
    AnonymousAt([u8; 4]),
    /// The owner of this token, through the gateway.
    Token(&'a str),
    /// An API key, through the gateway.
    ApiKey(i64, &'a [ApiKeyScope]),
    /// A process of ours.
    Peer,
    /// Somebody who found the port.
    Outsider,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        serde_json::from_value(self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn refused(self, code: ErrorCode) -> Problem {
        let problem: Problem = serde_json::from_value(self.body.clone()).unwrap();
        assert_eq!(problem.code, code, "{}", self.body);
        assert_eq!(self.status.as_u16(), code.status());
        problem
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], HashingLimits::default()).await
    }

    pub(crate) async fn configured(variables: &[(&'static str, &str)]) -> Self {
        Self::start_with(variables, HashingLimits::default()).await
    }

    pub(crate) async fn start_with(
        variables: &[(&'static str, &str)],
        limits: HashingLimits,
    ) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self::serve(tempfile::tempdir().unwrap(), variables.collect(), limits).await
    }

    async fn serve(
        data: TempDir,
        variables: Vec<(&'static str, String)>,
        limits: HashingLimits,
    ) -> Self {
        let database = db_service::start(configure(data.path(), &variables)).await.unwrap();
        let mut with_database = variables.clone();
        with_database.push(("MAGPIE_DB_URL", database.url()));
        let config = configure(data.path(), &with_database);
        let hasher = Hasher::new(limits).unwrap();
        let reload_keys_every = Duration::from_millis(20);
        let tuning = Tuning { hasher: hasher.clone(), reload_keys_every };
        let auth = auth_service::start_with(&config, tuning).await.unwrap();
        Self {
            data,
            hasher,
            variables,
            db: DbConnector::new("test", &config).connect(),
            database: Some(database),
            auth,
            http: awc::Client::builder().timeout(Duration::from_secs(30)).finish(),
            key: IdentityKey::from_secret(config.internal_secret.expose()),
        }
    }

    /// Stops both services and starts them anew on what they left.
    pub(crate) async fn restart(self) -> Self {
        self.auth.stop().await;
        self.database.unwrap().stop().await;
        Self::serve(self.data, self.variables, HashingLimits::default()).await
    }

    /// Takes db-service away.
    pub(crate) async fn stop_database(&mut self) {
        self.database.take().unwrap().stop().await;
    }

    pub(crate) async fn get(&self, caller: Caller<'_>, path: &str) -> Answer {
        self.call(caller, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, caller: Caller<'_>, path: &str, body: Value) -> Answer {
        self.call(caller, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, caller: Caller<'_>, path: &str) -> Answer {
        self.call(caller, Method::DELETE, path, None).await
    }

    /// `path` is one of `/api/auth` unless it says otherwise.
    pub(crate) async fn call(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        self.call_over("http", caller, method, path, body).await
    }

    pub(crate) async fn call_over(
        &self,
        scheme: &str,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let path = match path {
            internal if internal.starts_with('/') => internal.to_owned(),
            public => format!("/api/auth/{public}"),
        };
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.auth.url()))
            .insert_header(("x-forwarded-proto", scheme))
            .insert_header(("user-agent", BROWSER));
        if let Some(identity) = self.identity(caller).await {
            let signed = self.key.sign(identity, Clock::system().now()).unwrap();
            request = request.insert_header((IDENTITY_HEADER, signed));
        }
        let sent = match body {
            Some(body) => request.send_json(&body).await,
            None => request.send().await,
        };
        let mut answer = sent.unwrap();
        let bytes = answer.body().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: answer.status(), headers: answer.headers().clone(), body }
    }

    async fn identity(&self, caller: Caller<'_>) -> Option<Identity> {
        let service = "gateway".to_owned();
        let mut client_address = Some(ADDRESS.into());
        let user = match caller {
            Caller::Anonymous => None,
            Caller::AnonymousAt(address) => {
                client_address = Some(address.into());
                None
            }
            Caller::Token(token) => Some(to_identity(&self.claims(token).await)),
            Caller::ApiKey(user_id, scopes) => Some(UserIdentity {
                user_id,
                session_id: None,
                expires_at: None,
                scopes: Scopes::Only(scopes.to_vec()),
            }),
            Caller::Peer => return Some(Identity::of_service(service)),
            Caller::Outsider => return None,
        };
        Some(Identity { service, user, client_address })
    }

    /// What the token claims, as the published keys verify it.
    pub(crate) async fn claims(&self, token: &str) -> AccessClaims {
        let url = format!("{}/api/auth/.well-known/jwks.json", self.auth.url());
        let jwks = self.http.get(url).send().await.unwrap().body().await.unwrap();
        let verifier = Verifier::from_json(&jwks).unwrap();
        verifier.verify(token, Clock::system().now()).unwrap()
    }

    /// Registers an account and says its id.
    pub(crate) async fn register(&self, username: &str) -> i64 {
        let answer = self.post(Caller::Anonymous, "register", registration(username)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["user_id"].as_i64().unwrap()
    }

    /// Logs in and says the token.
    pub(crate) async fn log_in(&self, username: &str) -> String {
        let answer = self.post(Caller::Anonymous, "login", login(username, PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// Registers an account, logs in and says its id and token.
    pub(crate) async fn member(&self, username: &str) -> (i64, String) {
        (self.register(username).await, self.log_in(username).await)
    }

    /// The ids that gateways are told to refuse.
    pub(crate) async fn revoked(&self) -> Vec<String> {
        let feed = self.get(Caller::Peer, "/internal/revocations?after=0").await;
        assert_eq!(feed.status, StatusCode::OK, "{}", feed.body);
        let items = feed.body["items"].as_array().unwrap();
        items.iter().map(|item| item["session_id"].as_str().unwrap().to_owned()).collect()
    }

    /// The session of a token.
    pub(crate) async fn session_of(&self, token: &str) -> String {
        self.claims(token).await.sid
    }
}

pub(crate) fn registration(username: &str) -> Value {
    json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": PASSWORD,
    })
}

pub(crate) fn login(name: &str, password: &str) -> Value {
    json!({ "login": name, "password": password })
}

fn to_identity(claims: &AccessClaims) -> UserIdentity {
    UserIdentity {
        user_id: claims.user_id().unwrap(),
        session_id: Some(claims.sid.clone()),
        expires_at: Some(claims.exp),
        scopes: Scopes::All,
    }
}

fn configure(data: &Path, variables: &[(&'static str, String)]) -> Config {
    let own = [
        ("MAGPIE_DATA_DIR", data.to_str().unwrap()),
        ("MAGPIE_AUTH_BIND", "127.0.0.1:0"),
        ("MAGPIE_DB_BIND", "127.0.0.1:0"),
    ];
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    let environment = own.into_iter().chain(variables);
    let environment =
        environment.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(&Sources::read(environment, [], &[]).unwrap()).unwrap()
}
