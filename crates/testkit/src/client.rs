//! A client of the HTTP API, through the gateway.

use std::time::Duration;

use awc::http::Method;
use bytes::Bytes;
use common_types::{
    Problem,
    account::{LoggedIn, User, Verified},
    download::{Download, DownloadAccepted, Status},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wait_for;

const PASSWORD: &str = "correct horse battery staple";
const MAX_BODY_BYTES: usize = 512 * 1024 * 1024;

/// Speaks to one gateway, perhaps as somebody.
#[derive(Clone)]
pub struct Client {
    http: awc::Client,
    base: String,
    token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Insists on a status, and shows the body otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The problem that an error is answered with.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status);
        problem
    }

    /// Status and code of an error.
    #[track_caller]
    pub fn code(&self) -> (u16, String) {
        (self.status, self.problem().code.slug().to_owned())
    }
}

impl Client {
    /// A client without a credential.
    pub fn new(base: impl Into<String>) -> Self {
        let connector = awc::Connector::new().timeout(Duration::from_secs(5));
        let http = awc::Client::builder()
            .connector(connector)
            .timeout(Duration::from_secs(90))
            .disable_redirects()
            .finish();
        Self { http, base: base.into(), token: None }
    }

    /// The same, with another token or API key.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Registers `name` and logs in.
    pub async fn sign_up(&self, name: &str) -> Self {
        let account = json!({
            "username": name, "email": format!("{name}@example.test"), "password": PASSWORD,
        });
        self.anonymous().post("/api/auth/register", &account).await.expect(201);
        self.sign_in(name).await
    }

    /// Logs in as `name`, who was signed up before.
    pub async fn sign_in(&self, name: &str) -> Self {
        let login = json!({ "username": name, "password": PASSWORD });
        let answer = self.anonymous().post("/api/auth/login", &login).await.expect(200);
        self.with_token(answer.json::<LoggedIn>().token)
    }

    pub async fn whoami(&self) -> User {
        let answer = self.send(Method::POST, "/api/auth/verify", &[], None).await.expect(200);
        answer.json::<Verified>().user
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// A GET with the credential, not yet sent.
    pub(crate) fn request(&self, path: &str) -> awc::ClientRequest {
        let request = self.http.get(format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Puts a text of this media type.
    pub async fn put_text(&self, path: &str, media_type: &str, text: &str) -> Answer {
        let request = self.http.put(format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let sent = request.content_type(media_type).send_body(text.to_owned()).await;
        read(sent.unwrap_or_else(|error| panic!("{path}: {error}")))
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Sends anything, and reads the whole answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.try_send(method, path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// As [`Client::send`]; fails when no answer can be had.
    ///
    /// # Errors
    /// Says which step of the exchange failed.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        let sent = match body {
            Some(body) => request.send_json(body),
            None => request.send(),
        };
        read(sent.await.map_err(|error| format!("cannot send: {error}"))?).await
    }

    /// Asks for a download and returns its id.
    pub async fn download(&self, request: &Value) -> Uuid {
        let answer = self.post("/api/youtube/single/download", request).await.expect(202);
        answer.json::<DownloadAccepted>().download_id
    }

    pub async fn status(&self, id: Uuid) -> Download {
        self.get(&format!("/api/youtube/single/status/{id}")).await.expect(200).json()
    }

    /// Waits until a download has ended.
    pub async fn ended(&self, id: Uuid) -> Download {
        wait_for("the download ends", || async {
            let download = self.status(id).await;
            download.status.is_final().then_some(download)
        })
        .await
    }

    /// Waits until a download has completed; fails at once when it ends otherwise.
    pub async fn completed(&self, id: Uuid) -> Download {
        let download = self.ended(id).await;
        assert_eq!(download.status, Status::Completed, "{download:?}");
        download
    }

    pub async fn file(&self, id: Uuid) -> Answer {
        self.get(&format!("/api/youtube/single/file/{id}")).await
    }
}

async fn read(mut answer: awc::ClientResponse) -> Result<Answer, String> {
    let headers = answer.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    let body = answer.body().limit(MAX_BODY_BYTES).await;
    let body = body.map_err(|error| format!("cannot read the body: {error}"))?;
    Ok(Answer { status: answer.status().as_u16(), headers, body })
}
