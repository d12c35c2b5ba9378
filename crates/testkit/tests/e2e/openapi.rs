//! What the API document says is so.

use std::path::Path;

use awc::http::Method;
use common_types::{batch::BatchAccepted, playlist::PlaylistAccepted};
use serde_json::{Value, json};
use testkit::{
    Answer, Client, TestStack,
    standin::scenarios::{OKAY, PRIVATE},
    wait_until,
};
use uuid::Uuid;

use crate::document::Document;

/// A client whose every answer is held against the document.
struct Reader<'d> {
    document: &'d Document,
    client: Client,
}

impl Reader<'_> {
    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send_with(method, path, &[], body).await
    }

    async fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = self.client.send(verb, path, headers, body).await;
        self.document.describes(method, path, &answer);
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    /// Sends the body that the document gives as an example.
    async fn example(&self, id: &str) -> Answer {
        let operation = self.document.operation(id);
        let body = operation.example().unwrap();
        self.send(&operation.method, &operation.path, Some(&body)).await
    }
}

#[actix_web::test]
async fn the_document_is_open_cached_and_shown() {
    let stack = TestStack::builder().start().await;
    let client = stack.client();
    let answer = client.get("/openapi.json").await.expect(200);
    let document = answer.json::<Value>();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document.get("x-missing-services"), None);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
    let etag = answer.header("etag").unwrap();
    let again = client.get_with("/openapi.json", &[("if-none-match", etag)]).await.expect(304);
    assert_eq!((again.header("etag"), again.body.len()), (Some(etag), 0));
    let page = client.get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for path in ["/docs/docs.js", "/docs/docs.css"] {
        assert!(page.text().contains(path));
        let loaded = client.get(path).await.expect(200);
        assert!(!loaded.text().contains("://"), "nothing from elsewhere");
    }
    stack.stop().await;
}

#[actix_web::test]
async fn the_committed_document_is_current() {
    let stack = TestStack::builder().start().await;
    let served = Document::of(&stack.client()).await.0;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/openapi.json");
    let committed: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(served == committed, "frontend/openapi.json is out of date: run scripts/openapi");
    stack.stop().await;
}

/// Asks everything that is documented for what cannot be had: nothing is there under these ids, and
/// the bodies are empty.
#[actix_web::test]
async fn every_operation_is_routed_and_refuses_as_documented() {
    let stack = TestStack::builder().start().await;
    let document = Document::of(&stack.client()).await;
    let admin = stack.client().sign_up("admin").await;
    for operation in document.operations() {
        // One has no end, the other ends the session.
        let is_harmful = operation.path.ends_with("/events") || operation.id() == "auth_log_out";
        let known = (!is_harmful).then(|| admin.clone());
        let path = operation.path.replace("{id}", &Uuid::nil().to_string());
        let path = path.replace("{session}", &Uuid::nil().to_string());
        let path = path.replace("{key}", &Uuid::nil().to_string());
        let path = path.replace("{user}", "999").replace("{video_id}", "no-such-video");
        let empty = json!({});
        let body = operation.example().map(|_| &empty);
        for client in [admin.anonymous(), admin.with_token("nonsense")].into_iter().chain(known) {
            let reader = Reader { document: &document, client };
            let answer = reader.send(&operation.method, &path, body).await;
            let missing = answer.text().contains("nothing at this path");
            assert!(!missing, "{} {path} is not routed", operation.method);
        }
        if operation.example().is_some() && !operation.takes_text() {
            let reader = Reader { document: &document, client: admin.clone() };
            let answer = reader.post_text(&operation.method, &path).await;
            assert_eq!(answer.status, 415, "{path}");
        }
    }
    stack.stop().await;
}

impl Reader<'_> {
    /// A request without a body where one is needed.
    async fn post_text(&self, method: &str, path: &str) -> Answer {
        self.send_with(method, path, &[("content-type", "text/plain")], None).await
    }
}

#[actix_web::test]
async fn the_examples_work_and_answers_are_as_documented() {
    let stack = TestStack::builder().start().await;
    let document = Document::of(&stack.client()).await;
    let stranger = Reader { document: &document, client: stack.client() };
    stranger.example("auth_register").await.expect(201);
    stranger.example("auth_register").await.expect(409);
    let login = stranger.example("auth_log_in").await.expect(200);
    let token = login.json::<Value>()["token"].as_str().unwrap().to_owned();
    let reader = Reader { document: &document, client: stranger.client.with_token(token) };
    downloads(&reader).await;
    collections(&reader).await;
    account(&reader).await;
    for path in ["/", "/health", "/livez", "/readyz", "/openapi.json", "/docs"] {
        stranger.get(path).await.expect(200);
    }
    for service in ["auth", "youtube", "database"] {
        stranger.get(&format!("/api/{service}/health")).await.expect(200);
    }
    stranger.get("/api/auth/.well-known/jwks.json").await.expect(200);
    reader.send("POST", "/api/database/init", None).await.expect(200);
    reader.send("POST", "/api/auth/logout", None).await.expect(200);
    reader.get("/api/auth/profile").await.expect(401);
    stack.stop().await;
}

async fn downloads(reader: &Reader<'_>) {
    reader.example("youtube_probe_video").await.expect(200);
    let id = reader.example("youtube_create_download").await.expect(202);
    let id = id.json::<Value>()["download_id"].as_str().unwrap().parse().unwrap();
    reader.client.completed(id).await;
    let status = reader.get(&format!("/api/youtube/single/status/{id}")).await.expect(200);
    let thumbnail = status.json::<Value>()["thumbnail"].as_str().unwrap().to_owned();
    reader.get(&thumbnail).await.expect(200);
    let file = format!("/api/youtube/single/file/{id}");
    let whole = reader.get(&file).await.expect(200);
    reader.send("HEAD", &file, None).await.expect(200);
    let etag = whole.header("etag").unwrap();
    for (header, value, status) in [
        ("range", "bytes=0-9", 206),
        ("range", "bytes=99999999-", 416),
        ("if-none-match", etag, 304),
    ] {
        reader.send_with("GET", &file, &[(header, value)], None).await.expect(status);
    }
    for query in ["", "?status=completed&type=single&q=a&limit=1", "?limit=many", "?cursor=x"] {
        reader.get(&format!("/api/youtube/downloads{query}")).await;
    }
    for action in ["cancel", "retry"] {
        let path = format!("/api/youtube/single/{action}/{id}");
        reader.send("POST", &path, None).await.expect(409);
    }
    reader.send("DELETE", &format!("/api/youtube/single/{id}"), None).await.expect(200);
    reader.get(&file).await.expect(404);
    let url = OKAY.url(41);
    for body in [
        json!({}),
        json!({ "url": "nonsense" }),
        json!({ "url": "https://example.org/x" }),
        json!({ "url": url, "quality": "320k" }),
    ] {
        reader.post("/api/youtube/single/download", &body).await.expect(400);
    }
    let private = json!({ "url": PRIVATE.url(1) });
    reader.post("/api/youtube/single/info", &private).await.expect(422);
}

async fn collections(reader: &Reader<'_>) {
    let batch: BatchAccepted = reader.example("youtube_create_batch").await.expect(202).json();
    let batch = format!("/api/youtube/multi/batch/{}", batch.batch_id);
    ended(reader, &batch).await;
    reader.get(&format!("{batch}/download")).await.expect(200);
    reader.send("POST", &format!("{batch}/retry"), None).await.expect(409);
    reader.send("DELETE", &batch, None).await.expect(200);
    let many = json!({ "urls": vec![OKAY.url(1); 51] });
    reader.post("/api/youtube/multi/batch", &many).await.expect(400);

    reader.example("youtube_probe_playlist").await.expect(200);
    let list: PlaylistAccepted = reader.example("youtube_create_playlist").await.expect(202).json();
    let status = format!("/api/youtube/playlist/status/{}", list.playlist_id);
    let archive = format!("/api/youtube/playlist/download/{}", list.playlist_id);
    reader.get(&format!("{archive}?partial=true")).await;
    ended(reader, &status).await;
    reader.send_with("GET", &archive, &[("range", "bytes=-22")], None).await.expect(206);
    for action in ["cancel", "retry"] {
        let path = format!("/api/youtube/playlist/{action}/{}", list.playlist_id);
        reader.send("POST", &path, None).await.expect(409);
    }
    let path = format!("/api/youtube/playlist/{}", list.playlist_id);
    reader.send("DELETE", &path, None).await.expect(200);
    let backwards = json!({
        "url": "https://www.youtube.com/playlist?list=PLstandin_of_00012", "start_index": 9, "end_index": 2,
    });
    reader.post("/api/youtube/playlist/download", &backwards).await.expect(400);
}

async fn ended(reader: &Reader<'_>, path: &str) {
    wait_until("everything has ended", || async {
        let answer = reader.get(path).await.expect(200).json::<Value>();
        !matches!(answer["status"].as_str(), Some("pending" | "downloading"))
    })
    .await;
}

async fn account(reader: &Reader<'_>) {
    for path in ["profile", "activity?limit=3", "sessions", "users", "api-keys"] {
        reader.get(&format!("/api/auth/{path}")).await.expect(200);
    }
    reader.send("POST", "/api/auth/verify", None).await.expect(200);
    let key = reader.example("auth_create_api_key").await.expect(201).json::<Value>();
    let with_key = Reader {
        document: reader.document,
        client: reader.client.with_token(key["key"].as_str().unwrap()),
    };
    with_key.get("/api/auth/profile").await.expect(200);
    with_key.get("/api/auth/users").await.expect(403);
    with_key.example("auth_create_api_key").await.expect(403);
    let path = format!("/api/auth/api-keys/{}", key["id"].as_str().unwrap());
    reader.send("DELETE", &path, None).await.expect(200);
    let me = reader.client.whoami().await.id;
    let quota = json!({ "quota": { "max_downloads_per_day": 100 } });
    reader.send("PATCH", &format!("/api/auth/users/{me}"), Some(&quota)).await.expect(200);
    let demote = json!({ "role": "user" });
    reader.send("PATCH", &format!("/api/auth/users/{me}"), Some(&demote)).await.expect(403);
    let wrong = json!({ "current_password": "wrong", "new_password": "an even better one" });
    reader.post("/api/auth/password", &wrong).await.expect(401);
    reader.example("auth_change_password").await.expect(200);
}

/// What a schema of a request refuses, the service refuses too, and the other way round.
#[actix_web::test]
async fn limits_are_as_documented() {
    let stack = TestStack::builder().start().await;
    let document = Document::of(&stack.client()).await;
    let client = stack.client().sign_up("limits").await;
    let register = |username: &str, email: &str, password: &str| json!({ "username": username, "email": email, "password": password });
    let long = |count: usize| "x".repeat(count);
    let playlist = "https://www.youtube.com/playlist?list=PLstandin_of_00012";
    for (id, body) in [
        ("auth_register", register("ab", "a@b.test", "a good long one")),
        ("auth_register", register(&long(101), "a@b.test", "a good long one")),
        ("auth_register", register("a b", "a@b.test", "a good long one")),
        ("auth_register", register("abc", "nobody", "a good long one")),
        ("auth_register", register("abc", "a@b.test", "short")),
        ("auth_register", register("abc", "a@b.test", &long(129))),
        ("auth_create_api_key", json!({ "name": "" })),
        ("auth_create_api_key", json!({ "name": long(101) })),
        ("auth_create_api_key", json!({ "name": "x", "expires_in_days": 3651 })),
        ("youtube_probe_video", json!({ "url": format!("https://youtu.be/{}", long(2048)) })),
        ("youtube_create_download", json!({ "url": OKAY.url(1), "format": "avi" })),
        (
            "youtube_create_download",
            json!({ "url": OKAY.url(1), "subtitles": { "languages": vec!["en"; 11] } }),
        ),
        ("youtube_create_batch", json!({ "urls": [] })),
        ("youtube_create_batch", json!({ "urls": vec![OKAY.url(1); 51] })),
        ("youtube_probe_playlist", json!({ "url": playlist, "limit": 201 })),
        ("youtube_create_playlist", json!({ "url": playlist, "start_index": 0 })),
        ("youtube_create_playlist", json!({ "url": playlist, "items": "1-x" })),
    ] {
        let operation = document.operation(id);
        let complaints = document.complaints(&operation.body_schema(), &body);
        assert!(!complaints.is_empty(), "{id} {body}");
        let answer = client.post(&operation.path, &body).await.expect(400);
        document.describes("POST", &operation.path, &answer);
    }
    for operation in document.operations() {
        if let Some(example) = operation.example() {
            assert_eq!(document.complaints(&operation.body_schema(), &example), [""; 0]);
            let mut newer = example;
            newer["a_member_of_the_future"] = json!(1);
            assert_eq!(document.complaints(&operation.body_schema(), &newer), [""; 0]);
        }
    }
    stack.stop().await;
}
