//! A service behind the gateway: it plays auth-service where it must, and tells what reached it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    body::SizedStream,
    dev::ServerHandle,
    web::{self, Bytes, Data, Payload},
};
use auth_tokens::{IdentityKey, KeyRing};
use common_types::{
    ErrorCode, Timestamp,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, Revocation, RevocationFeed},
    paths::{DELIVERY_HEADER, IDENTITY_HEADER},
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use service_kit::Clock;
use uuid::Uuid;

/// What a service saw of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) service: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body_bytes: usize,
}

/// What a stub does and has seen.
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) ring: Mutex<KeyRing>,
    pub(crate) revocations: Mutex<Vec<Revocation>>,
    pub(crate) api_keys: Mutex<BTreeMap<String, ApiKeyVerdict>>,
    pub(crate) is_ready: AtomicBool,
    /// Whether the internal routes answer.
    pub(crate) is_willing: AtomicBool,
    pub(crate) key_fetches: AtomicU64,
    /// How often it was asked for an API key.
    pub(crate) lookups: AtomicU64,
    pub(crate) requests: AtomicU64,
    /// Requests under way at `/hang` and `/endless`.
    pub(crate) held: AtomicU64,
    /// What `/handover` answers with: status, value of the internal header, body.
    pub(crate) handover: Mutex<(u16, String, Bytes)>,
    pub(crate) identity_key: IdentityKey,
    _keys_directory: tempfile::TempDir,
}

pub(crate) struct Stub {
    pub(crate) url: String,
    pub(crate) state: Arc<State>,
    handle: ServerHandle,
}

impl Stub {
    pub(crate) fn start(name: &'static str, secret: &str) -> Self {
        Self::start_with(name, secret, Duration::from_secs(75))
    }

    pub(crate) fn start_with(name: &'static str, secret: &str, keep_alive: Duration) -> Self {
        let keys_directory = tempfile::tempdir().unwrap();
        let state = Arc::new(State {
            name,
            ring: Mutex::new(KeyRing::open(keys_directory.path()).unwrap()),
            revocations: Mutex::default(),
            api_keys: Mutex::default(),
            is_ready: AtomicBool::new(true),
            is_willing: AtomicBool::new(true),
            key_fetches: AtomicU64::new(0),
            lookups: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            held: AtomicU64::new(0),
            handover: Mutex::new((200, "0".to_owned(), Bytes::new())),
            identity_key: IdentityKey::from_secret(secret),
            _keys_directory: keys_directory,
        });
        let served = Arc::clone(&state);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::from(Arc::clone(&served)))
                .route("/readyz", web::get().to(readyz))
                .route("/api/auth/.well-known/jwks.json", web::get().to(jwks))
                .route("/internal/revocations", web::get().to(revocations))
                .route("/internal/api-keys/verify", web::post().to(verify_key))
                .route("/internal/openapi.json", web::get().to(api_part))
                .route("/{prefix:api/[a-z]+}/big/{bytes}", web::route().to(big))
                .route("/{prefix:api/[a-z]+}/upload", web::post().to(upload))
                .route("/{prefix:api/[a-z]+}/handover", web::route().to(hand_over))
                .route("/{prefix:api/[a-z]+}/hang", web::route().to(hang))
                .route("/{prefix:api/[a-z]+}/endless", web::get().to(endless))
                .route("/{prefix:api/[a-z]+}/problem", web::route().to(problem))
                .route("/{prefix:api/[a-z]+}/headers", web::route().to(odd_headers))
                .default_service(web::route().to(echo))
        })
        .workers(1)
        .keep_alive(keep_alive)
        .h1_allow_half_closed(false)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let url = format!("http://{}", server.addrs().first().unwrap());
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, state, handle }
    }

    pub(crate) async fn stop(&self) {
        self.handle.stop(false).await;
    }

    /// Ends a session or API key.
    pub(crate) fn revoke(&self, id: Uuid) {
        let mut revocations = self.state.revocations.lock().unwrap();
        let sequence = i64::try_from(revocations.len()).unwrap() + 1;
        let expires_at = Timestamp::from_seconds(Clock::system().now().as_seconds() + 3600);
        revocations.push(Revocation { sequence, session_id: id, expires_at });
    }

    pub(crate) fn held(&self) -> u64 {
        self.state.held.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

async fn readyz(state: Data<State>) -> HttpResponse {
    let is_ready = state.is_ready.load(Ordering::SeqCst);
    if is_ready { HttpResponse::Ok().finish() } else { HttpResponse::ServiceUnavailable().finish() }
}

async fn jwks(state: Data<State>) -> HttpResponse {
    state.key_fetches.fetch_add(1, Ordering::SeqCst);
    if !state.is_willing.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Ok().json(state.ring.lock().unwrap().jwks())
}

/// As services do: only for a genuine peer.
fn is_from_gateway_itself(state: &State, request: &HttpRequest) -> bool {
    let token = request.headers().get(IDENTITY_HEADER).and_then(|token| token.to_str().ok());
    let identity =
        token.and_then(|token| state.identity_key.verify(token, Clock::system().now()).ok());
    identity.is_some_and(|identity| identity.service == "gateway" && identity.user.is_none())
}

#[derive(Deserialize)]
struct After {
    after: i64,
}

/// In pages of two, so that catching up takes several calls.
async fn revocations(
    state: Data<State>,
    request: HttpRequest,
    after: web::Query<After>,
) -> HttpResponse {
    if !is_from_gateway_itself(&state, &request) || !state.is_willing.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let all = state.revocations.lock().unwrap();
    let newer: Vec<_> = all.iter().filter(|item| item.sequence > after.after).cloned().collect();
    let more = newer.len() > 2;
    let items: Vec<_> = newer.into_iter().take(2).collect();
    let cursor = items.last().map_or(after.after, |item| item.sequence);
    HttpResponse::Ok().json(RevocationFeed { items, cursor, more })
}

async fn verify_key(
    state: Data<State>,
    request: HttpRequest,
    lookup: web::Json<ApiKeyLookup>,
) -> HttpResponse {
    if !is_from_gateway_itself(&state, &request) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    state.lookups.fetch_add(1, Ordering::SeqCst);
    match state.api_keys.lock().unwrap().get(&lookup.key_hash) {
        Some(verdict) => HttpResponse::Ok().json(verdict),
        None => HttpResponse::Unauthorized().json(ErrorCode::Unauthenticated.problem("unknown")),
    }
}

async fn api_part(state: Data<State>, request: HttpRequest) -> HttpResponse {
    if !is_from_gateway_itself(&state, &request) || !state.is_willing.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let mut paths = BTreeMap::new();
    paths.insert(format!("/api/{}/x", state.name), serde_json::json!({}));
    HttpResponse::Ok().json(serde_json::json!({ "tags": [{ "name": state.name }], "paths": paths }))
}

async fn echo(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    state.requests.fetch_add(1, Ordering::SeqCst);
    let target = request.uri().to_string();
    let headers = request.headers().iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    HttpResponse::Ok().json(Seen {
        service: state.name.to_owned(),
        method: request.method().to_string(),
        target,
        headers: headers.collect(),
        body_bytes: body.len(),
    })
}

async fn big(path: web::Path<(String, u64)>) -> HttpResponse {
    let total = path.into_inner().1;
    let piece = Bytes::from(vec![7; 64 * 1024]);
    let body = stream::unfold(usize::try_from(total).unwrap(), move |left| {
        let next = piece.slice(..left.min(piece.len()));
        async move { (left > 0).then(|| (Ok::<_, actix_web::Error>(next.clone()), left - next.len())) }
    });
    HttpResponse::Ok().insert_header(("accept-ranges", "bytes")).body(SizedStream::new(total, body))
}

async fn upload(mut payload: Payload, request: HttpRequest) -> HttpResponse {
    let mut total = 0_u64;
    while let Some(Ok(piece)) = payload.next().await {
        total += u64::try_from(piece.len()).unwrap();
    }
    let length = request.headers().get("content-length");
    let length = length.map_or("none", |length| length.to_str().unwrap());
    HttpResponse::Ok().json((total, length))
}

/// Whether or not anybody offered to send it.
async fn hand_over(state: Data<State>) -> HttpResponse {
    let (status, length, body) = state.handover.lock().unwrap().clone();
    HttpResponse::build(status.try_into().unwrap())
        .insert_header((DELIVERY_HEADER, length))
        .insert_header(("x-magpie-other", "internal too"))
        .insert_header(("content-range", "bytes 1-2/3"))
        .insert_header(("etag", "\"e\""))
        .content_type("video/mp4")
        .body(body)
}

struct Held(Data<State>);

impl Held {
    fn new(state: Data<State>) -> Self {
        state.held.fetch_add(1, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn hang(state: Data<State>) -> HttpResponse {
    let _held = Held::new(state);
    std::future::pending().await
}

async fn endless(state: Data<State>) -> HttpResponse {
    let held = Held::new(state);
    let piece = Bytes::from(vec![0; 64 * 1024]);
    HttpResponse::Ok().streaming(stream::unfold(held, move |held| {
        let piece = piece.clone();
        async move { Some((Ok::<_, actix_web::Error>(piece), held)) }
    }))
}

async fn problem() -> HttpResponse {
    HttpResponse::Conflict()
        .content_type("application/problem+json")
        .body(r#"{"code":"not_ready","extra":"kept"}"#)
}

async fn odd_headers() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("x-magpie-file", "/etc/passwd"))
        .insert_header(("x-request-id", "the-service-s-own"))
        .append_header(("set-cookie", "a=1"))
        .append_header(("set-cookie", "b=2"))
        .insert_header(("etag", "\"e\""))
        .body("ok")
}
