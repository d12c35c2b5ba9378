//! Bad input, lists, idempotency.

use awc::http::Method;
use common_types::download::{DownloadAccepted, DownloadList};
use serde_json::{Value, json};
use testkit::{
    Client, Database, TestStack,
    standin::scenarios::{OKAY, PRIVATE},
};

crate::on_both_databases!(
    the_same_idempotency_key_creates_once,
    downloads_are_listed_filtered_and_paged,
);

#[actix_web::test]
async fn bad_requests_are_told_what_is_wrong() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("clumsy").await;
    let url = OKAY.url(70);
    for (body, code, pointer) in [
        (json!({}), "invalid_request", "/url"),
        (json!({ "url": 7 }), "invalid_request", "/url"),
        (json!({ "url": "not a url" }), "invalid_url", "/url"),
        (json!({ "url": "ftp://www.youtube.com/watch?v=OKAY_000001" }), "invalid_url", "/url"),
        (json!({ "url": "https://vimeo.com/1234" }), "unsupported_url", "/url"),
        (
            json!({ "url": "https://www.youtube.com/playlist?list=PL12345678" }),
            "invalid_url",
            "/url",
        ),
        (json!({ "url": url, "format": "avi" }), "invalid_request", "/format"),
        (json!({ "url": url, "quality": "4k" }), "invalid_request", "/quality"),
        (json!({ "url": url, "quality": "320k" }), "invalid_request", "/quality"),
        (
            json!({ "url": url, "subtitles": { "languages": ["--exec"] } }),
            "invalid_request",
            "/subtitles/languages/0",
        ),
        (
            json!({ "url": url, "sponsorblock_remove": ["everything"] }),
            "invalid_request",
            "/sponsorblock_remove/0",
        ),
    ] {
        let answer = client.post("/api/youtube/single/download", &body).await;
        assert_eq!(answer.code(), (400, code.to_owned()), "{body}");
        assert_eq!(answer.problem().errors[0].pointer, pointer, "{body}");
    }
    let list: DownloadList = client.get("/api/youtube/downloads").await.expect(200).json();
    assert!(list.items.is_empty(), "nothing was created");
    stack.stop().await;
}

#[actix_web::test]
async fn paths_and_methods_that_do_not_exist_are_problems() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("lost").await;
    for (method, path, status, code) in [
        (Method::GET, "/api/nothing", 404, "not_found"),
        (Method::GET, "/api/instagram/downloads", 404, "not_found"),
        (Method::GET, "/api/youtube/nothing", 404, "not_found"),
        (Method::GET, "/api/youtube/single/status/not-a-uuid", 404, "not_found"),
        (Method::GET, "/api/youtube/single/info", 405, "method_not_allowed"),
        (Method::DELETE, "/api/youtube/downloads", 405, "method_not_allowed"),
        (Method::GET, "/api/youtube/downloads?limit=many", 400, "invalid_request"),
        (Method::GET, "/api/youtube/downloads?status=lost", 400, "invalid_request"),
        (Method::GET, "/api/youtube/downloads?cursor=%00", 400, "invalid_request"),
    ] {
        let answer = client.send(method.clone(), path, &[], None).await;
        assert_eq!(answer.code(), (status, code.to_owned()), "{method} {path}");
        if status == 405 {
            assert!(answer.header("allow").is_some(), "{path}");
        }
    }
    stack.stop().await;
}

/// Larger than a service takes, and no larger than what the gateway passes on; then larger than that.
#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_and_the_client_learns_so() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("verbose").await;
    for kilobytes in [100, 500, 900, 1_000, 1_100, 5_000] {
        let body = json!({ "url": "x".repeat(kilobytes * 1000) });
        for path in ["/api/youtube/single/info", "/api/auth/login"] {
            let refused = client.post(path, &body).await;
            let expected = (413, "payload_too_large".to_owned());
            assert_eq!(refused.code(), expected, "{path}, {kilobytes} kB");
        }
    }
    stack.stop().await;
}

async fn the_same_idempotency_key_creates_once(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("careful").await;
    let other = stack.client().sign_up("somebody").await;
    let body = json!({ "url": OKAY.url(71), "quality": "360p" });
    let first = create(&client, "key-1", &body).await.expect(202);
    let again = create(&client, "key-1", &body).await.expect(202);
    assert_eq!(first.json::<Value>(), again.json::<Value>());
    let id = first.json::<DownloadAccepted>().download_id;
    client.completed(id).await;
    let late = create(&client, "key-1", &body).await.expect(202);
    assert_eq!(first.json::<Value>(), late.json::<Value>(), "also once it has completed");
    let conflict = create(&client, "key-1", &json!({ "url": OKAY.url(72) })).await;
    assert_eq!(conflict.code(), (409, "already_exists".to_owned()));
    let theirs = create(&other, "key-1", &body).await.expect(202).json::<DownloadAccepted>();
    assert_ne!(theirs.download_id, id, "keys are each user's own");
    let list: DownloadList = client.get("/api/youtube/downloads").await.expect(200).json();
    assert_eq!(list.items.len(), 1);
    other.ended(theirs.download_id).await;
    client.delete(&format!("/api/youtube/single/{id}")).await.expect(200);
    let gone = create(&client, "key-1", &body).await.expect(202);
    assert_eq!(first.json::<Value>(), gone.json::<Value>(), "also once it was deleted");
    let list: DownloadList = client.get("/api/youtube/downloads").await.expect(200).json();
    assert_eq!(list.items, [], "and it stays deleted");
    stack.stop().await;
}

async fn create(client: &Client, key: &str, body: &Value) -> testkit::Answer {
    let path = "/api/youtube/single/download";
    client.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
}

async fn downloads_are_listed_filtered_and_paged(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("librarian").await;
    let mut ids = Vec::new();
    for number in 80..85 {
        ids.push(client.download(&json!({ "url": OKAY.url(number), "format": "m4a" })).await);
    }
    let failing = PRIVATE.url(1);
    ids.push(client.download(&json!({ "url": failing })).await);
    for id in &ids {
        client.ended(*id).await;
    }
    let list = async |query: &str| -> DownloadList {
        client.get(&format!("/api/youtube/downloads{query}")).await.expect(200).json()
    };
    let all = list("").await;
    assert_eq!((all.totals.completed, all.totals.failed), (5, 1));
    let newest_first: Vec<_> = ids.iter().rev().copied().collect();
    assert_eq!(all.items.iter().map(|item| item.id).collect::<Vec<_>>(), newest_first);
    assert_eq!(list("?status=failed").await.items.len(), 1);
    assert_eq!(list("?type=batch").await.items.len(), 0);
    let title = OKAY.video(82).title().to_uppercase();
    let found = list(&format!("?q={}", title.replace(' ', "%20"))).await;
    assert!(found.items.iter().any(|item| item.id == ids[2]), "without case: {title}");
    let (mut walked, mut query) = (Vec::new(), "?limit=4".to_owned());
    loop {
        let page = list(&query).await;
        walked.extend(page.items.iter().map(|item| item.id));
        let Some(cursor) = page.next_cursor else { break };
        query = format!("?limit=4&cursor={cursor}");
    }
    assert_eq!(walked, newest_first);
    stack.stop().await;
}
