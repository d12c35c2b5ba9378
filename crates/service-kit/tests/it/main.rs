//! A bare server, spoken to over HTTP.

#![expect(clippy::unwrap_used, reason = "test code")]

use std::{
    ffi::OsString,
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderName, HeaderValue, X_FRAME_OPTIONS},
    },
    web::{self, ServiceConfig},
};
use auth_tokens::{Identity, IdentityKey, Scopes, UserIdentity};
use common_types::{Problem, paths::IDENTITY_HEADER};
use serde::Deserialize;
use service_kit::{
    ApiResult, Clock, Config, Endpoint, FromPeer, FromUser, JsonBody, Running, Serve,
    config::Sources, health, middleware::DefaultHeaders,
};

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn greet(JsonBody(named): JsonBody<Named>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().body(named.name))
}

fn routes(config: &mut ServiceConfig) {
    health::mount_readyz(config, || async { Ok(()) });
    Endpoint::at("/greet").post(greet).mount(config);
    Endpoint::at("/user").get(async |user: FromUser| user.id().to_string()).mount(config);
    Endpoint::at("/internal/peer").get(async |peer: FromPeer| peer.service).mount(config);
}

fn config(data_dir: &std::path::Path) -> Config {
    let environment = [(OsString::from("MAGPIE_DATA_DIR"), data_dir.as_os_str().to_owned())];
    Config::load(&Sources::read(environment, [], &[]).unwrap()).unwrap()
}

struct Server {
    running: Running,
    client: awc::Client,
    key: Arc<IdentityKey>,
    _data: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let serve = Serve::new("test", ([127, 0, 0, 1], 0).into(), &config(data.path()));
        let key = Arc::clone(&serve.identity_key);
        let running = serve.start(routes).unwrap();
        Self { running, client: awc::Client::default(), key, _data: data }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    fn signed(&self, identity: Identity) -> (&'static str, String) {
        (IDENTITY_HEADER, self.key.sign(identity, Clock::system().now()).unwrap())
    }
}

async fn problem(
    mut response: awc::ClientResponse<
        impl futures_util::Stream<Item = Result<web::Bytes, awc::error::PayloadError>> + Unpin,
    >,
) -> Problem {
    assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    let id = response.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let problem: Problem = serde_json::from_slice(&response.body().await.unwrap()).unwrap();
    assert_eq!(problem.request_id, Some(id));
    assert_eq!((problem.status, problem.success), (status, false));
    problem
}

#[actix_web::test]
async fn what_actix_refuses_is_a_problem_too() {
    let server = Server::start();
    let post = |body: &'static str, media_type: &'static str| {
        server
            .client
            .post(server.url("/greet"))
            .insert_header(("content-type", media_type))
            .send_body(body)
    };
    let json = "application/json";
    for (response, code) in [
        (post("{", json).await.unwrap(), "invalid_json"),
        (post("{}", json).await.unwrap(), "invalid_request"),
        (post("x", "text/plain").await.unwrap(), "unsupported_media_type"),
    ] {
        assert_eq!(problem(response).await.code.slug(), code);
    }
    let missing = server.client.get(server.url("/missing")).send().await.unwrap();
    assert_eq!(problem(missing).await.code.slug(), "not_found");
    let wrong = server.client.get(server.url("/greet")).send().await.unwrap();
    assert_eq!(wrong.headers().get("allow").unwrap(), "POST");
    assert_eq!(problem(wrong).await.code.slug(), "method_not_allowed");
    server.running.stop().await;
}

#[actix_web::test]
async fn a_body_too_large_or_encoded_is_refused() {
    let server = Server::start();
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let post = || {
        server.client.post(server.url("/greet")).insert_header(("content-type", "application/json"))
    };
    assert_eq!(problem(post().send_body(large.clone()).await.unwrap()).await.status, 413);
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(large.into())]);
    assert_eq!(problem(post().send_stream(chunks).await.unwrap()).await.status, 413);
    let encoded = post().insert_header(("content-encoding", "br")).send_body("{\"name\":\"a\"}");
    assert_eq!(problem(encoded.await.unwrap()).await.code.slug(), "unsupported_media_type");
    server.running.stop().await;
}

#[actix_web::test]
async fn a_sane_request_id_is_kept() {
    let server = Server::start();
    let get = |id: &'static str| {
        server.client.get(server.url("/livez")).insert_header(("x-request-id", id)).send()
    };
    let kept = get("abc-123").await.unwrap();
    assert_eq!(kept.headers().get("x-request-id").unwrap(), "abc-123");
    let replaced = get("not sane").await.unwrap();
    assert_ne!(replaced.headers().get("x-request-id").unwrap(), "not sane");
    server.running.stop().await;
}

#[actix_web::test]
async fn only_a_genuine_identity_of_the_right_kind_is_let_in() {
    let server = Server::start();
    let user = UserIdentity { user_id: 7, session_id: None, expires_at: None, scopes: Scopes::All };
    let forwarded = Identity {
        service: "gateway".into(),
        user: Some(user.clone()),
        client_address: Some([127, 0, 0, 1].into()),
    };
    let forged = IdentityKey::from_secret("another secret entirely");
    let forged = forged.sign(forwarded.clone(), Clock::system().now()).unwrap();
    let impostor = Identity { service: "youtube-service".into(), ..forwarded.clone() };
    let peer = Identity::of_service("youtube-service");
    for (path, header, status) in [
        ("/user", server.signed(forwarded.clone()), 200),
        ("/user", server.signed(impostor), 401),
        ("/user", server.signed(peer.clone()), 401),
        ("/user", (IDENTITY_HEADER, forged), 401),
        ("/user", ("x-user-id", "7".to_owned()), 401),
        ("/internal/peer", server.signed(peer), 200),
        ("/internal/peer", server.signed(forwarded), 401),
    ] {
        let response =
            server.client.get(server.url(path)).insert_header(header).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
    server.running.stop().await;
}

#[actix_web::test]
async fn a_draining_server_is_alive_but_not_ready_and_ends_its_tasks() {
    let server = Server::start();
    let (ended, mut saw) = tokio::sync::mpsc::channel(1);
    let running = server.running.background("loop", move |shutdown| async move {
        shutdown.cancelled().await;
        ended.send(()).await.unwrap();
    });
    let ready = server.client.get(format!("{}/readyz", running.url())).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    running.stop().await;
    assert!(saw.try_recv().is_ok());
}

#[actix_web::test]
async fn default_headers_are_on_every_response_unless_it_has_them() {
    static HEADERS: [(HeaderName, HeaderValue); 2] = [
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (CACHE_CONTROL, HeaderValue::from_static("private")),
    ];
    let data = tempfile::tempdir().unwrap();
    let headers = DefaultHeaders(&HEADERS);
    let bind = ([127, 0, 0, 1], 0).into();
    let serve =
        Serve { default_headers: headers, ..Serve::new("test", bind, &config(data.path())) };
    let running = serve.start(routes).unwrap();
    let client = awc::Client::default();
    for (path, cache_control) in [("/livez", "private"), ("/missing", "no-store")] {
        let response = client.get(format!("{}{path}", running.url())).send().await.unwrap();
        assert_eq!(response.headers().get("x-frame-options").unwrap(), "DENY", "{path}");
        let found = response.headers().get("cache-control");
        // The problem of an unknown path has one of its own.
        assert_eq!(found.unwrap(), cache_control, "{path}");
    }
    running.stop().await;
}

/// A refusal in plain text, as the middleware of other crates makes them.
#[derive(Debug)]
struct Foreign;

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Not like this")
    }
}

impl actix_web::ResponseError for Foreign {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

#[actix_web::test]
async fn what_foreign_middleware_refuses_becomes_a_problem() {
    let data = tempfile::tempdir().unwrap();
    let serve = Serve::new("test", ([127, 0, 0, 1], 0).into(), &config(data.path()));
    let running = serve
        .start(|config| {
            Endpoint::at("/foreign").get(async || Err::<&str, _>(Foreign)).mount(config);
        })
        .unwrap();
    let get = awc::Client::default().get(format!("{}/foreign", running.url()));
    assert_eq!(problem(get.send().await.unwrap()).await.code.slug(), "invalid_request");
    running.stop().await;
}

/// Sends all of a body before it reads anything, as most clients do; the status that it is answered.
fn send_whole(address: std::net::SocketAddr, head: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{head} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b' '; length]).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    String::from_utf8_lossy(&status).into_owned()
}

#[actix_web::test]
async fn who_is_refused_learns_so_however_much_is_still_being_sent() {
    let server = Server::start();
    let address = server.running.addr();
    let asking = web::block(move || {
        for length in [100_000, 700_000, 5_000_000] {
            for _ in 0..5 {
                assert_eq!(send_whole(address, "POST /greet", length), "HTTP/1.1 415");
                assert_eq!(send_whole(address, "POST /nothing", length), "HTTP/1.1 404");
                assert_eq!(send_whole(address, "PUT /greet", length), "HTTP/1.1 405");
            }
        }
    });
    asking.await.unwrap();
    server.running.stop().await;
}
