//! What is another user's does not exist: by no route of the document, no id, no cursor, no event.
//!
//! The operations come from the document, so that a new one is tried without a line here.

use std::collections::{BTreeMap, BTreeSet};

use awc::http::Method;
use common_types::cookies::CookieState;
use serde_json::{Value, json};
use testkit::{
    Answer, Client, Database, TestStack,
    standin::scenarios::{OKAY, PRIVATE, SLOW, playlist_of, playlist_url},
    wait_until,
};
use uuid::Uuid;

use crate::{
    document::{Document, Operation},
    events::{next_text, open_socket},
};

/// Pictures are the site's and public; whoever knows a video's id may see its picture.
const PUBLIC: [&str; 1] = ["/api/youtube/thumbnail/{video_id}"];
/// What only admins may do says so, whatever the id.
const ADMIN: &str = "/api/auth/users/";
const COOKIES: &str = ".youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tv";

crate::on_both_databases!(
    no_operation_reaches_what_is_another_users,
    no_list_cursor_or_event_tells_of_another_user,
    a_key_of_another_user_makes_something_of_ones_own,
);

/// Everything that a user can have, by what it is.
struct Belongings {
    client: Client,
    ids: BTreeMap<&'static str, String>,
    running: Uuid,
}

impl Belongings {
    async fn of(client: Client) -> Self {
        let done = client.download(&json!({ "url": OKAY.url(60), "quality": "360p" })).await;
        let failed = client.download(&json!({ "url": PRIVATE.url(60) })).await;
        client.completed(done).await;
        client.ended(failed).await;
        let batch = client.create_batch(&[OKAY.url(61), OKAY.url(62)]).await.batch_id;
        let list = json!({ "url": playlist_url(&playlist_of(2)), "quality": "360p" });
        let playlist = client.create_playlist(&list).await.playlist_id;
        for path in [format!("multi/batch/{batch}"), format!("playlist/status/{playlist}")] {
            ended(&client, &format!("/api/youtube/{path}")).await;
        }
        client.put_text("/api/youtube/cookies", "text/plain", COOKIES).await.expect(200);
        let key = client.post("/api/auth/api-keys", &json!({ "name": "mine" })).await.expect(201);
        let sessions = client.get("/api/auth/sessions").await.expect(200).json::<Value>();
        let user = client.whoami().await.id;
        // At a few kilobytes a second, it outlasts the test.
        let running = client.download(&json!({ "url": SLOW.url(9), "quality": "360p" })).await;
        let ids = BTreeMap::from([
            ("done", done.to_string()),
            ("failed", failed.to_string()),
            ("running", running.to_string()),
            ("batch", batch.to_string()),
            ("playlist", playlist.to_string()),
            ("key", key.json::<Value>()["id"].as_str().unwrap().to_owned()),
            ("session", find_id(&sessions).unwrap()),
            ("user", user.to_string()),
        ]);
        Self { client, ids, running }
    }

    /// All that its owner sees of it.
    async fn seen(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            format!("/api/youtube/single/status/{}", self.ids["done"]),
            format!("/api/youtube/single/status/{}", self.ids["failed"]),
            format!("/api/youtube/multi/batch/{}", self.ids["batch"]),
            format!("/api/youtube/playlist/status/{}", self.ids["playlist"]),
            "/api/auth/sessions".to_owned(),
            "/api/auth/api-keys".to_owned(),
            "/api/youtube/cookies".to_owned(),
        ] {
            seen.push(without_times_of_use(self.client.get(&path).await.expect(200).json()));
        }
        let file = format!("/api/youtube/single/file/{}", self.ids["done"]);
        let etag = self.client.get(&file).await.expect(200).header("etag").map(str::to_owned);
        seen.push(json!(etag));
        assert!(!self.client.status(self.running).await.status.is_final(), "it is to run on");
        seen
    }

    /// What of it stands in a text.
    fn told_in(&self, text: &str) -> Vec<&str> {
        let long = self.ids.iter().filter(|(kind, _)| **kind != "user");
        long.filter(|(_, id)| text.contains(id.as_str())).map(|(kind, _)| *kind).collect()
    }
}

/// The first id in a list or in the page that holds it.
fn find_id(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("id").and_then(Value::as_str).map(str::to_owned);
            own.or_else(|| map.values().find_map(find_id))
        }
        Value::Array(items) => items.iter().find_map(find_id),
        _ => None,
    }
}

fn without_times_of_use(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.retain(|name, _| !name.contains("last_"));
            map.values_mut().for_each(|value| *value = without_times_of_use(value.take()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|value| *value = without_times_of_use(value.take()));
        }
        _ => {}
    }
    value
}

async fn ended(client: &Client, path: &str) {
    wait_until("everything has ended", || async {
        let answer = client.get(path).await.expect(200).json::<Value>();
        !matches!(answer["status"].as_str(), Some("pending" | "downloading"))
    })
    .await;
}

/// The path with every parameter replaced by the same id, and, where there is such a thing, the same
/// for what is not complete.
fn filled(operation: &Operation<'_>, id: &str) -> Vec<String> {
    let segments = operation.path.split('/');
    let segments = segments.map(|part| if part.starts_with('{') { id } else { part });
    let path = segments.collect::<Vec<_>>().join("/");
    let partial = operation.takes("partial").then(|| format!("{path}?partial=true"));
    [path].into_iter().chain(partial).collect()
}

fn methods(operation: &Operation<'_>) -> Vec<Method> {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    if method == Method::GET { vec![Method::GET, Method::HEAD] } else { vec![method] }
}

async fn no_operation_reaches_what_is_another_users(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let admin = stack.client().sign_up("admin").await;
    let other = stack.client().sign_up("other").await;
    let owner = Belongings::of(stack.client().sign_up("owner").await).await;
    let document = Document::of(&other).await;
    let before = owner.seen().await;
    let mut tried = 0;
    for operation in document.operations() {
        let path = operation.path.as_str();
        if !path.contains('{') || PUBLIC.contains(&path) {
            continue;
        }
        for (method, (kind, id)) in methods(&operation)
            .iter()
            .flat_map(|method| owner.ids.iter().map(move |id| (method, id)))
        {
            let body = operation.example();
            for target in filled(&operation, id) {
                let answer = other.send(method.clone(), &target, &[], body.as_ref()).await;
                let is_refused = match answer.status {
                    404 => true,
                    400 => *kind == "user" || path.starts_with(ADMIN),
                    403 => path.starts_with(ADMIN),
                    _ => false,
                };
                let text = answer.text();
                assert!(is_refused, "{method} {target} ({kind}): {} {text}", answer.status);
                // An admin manages accounts, and sees nobody's downloads.
                if !path.starts_with("/api/auth/") {
                    let answer = admin.send(method.clone(), &target, &[], body.as_ref()).await;
                    let is_refused = matches!(answer.status, 400 | 404);
                    assert!(is_refused, "admin: {method} {target}: {}", answer.status);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "only {tried} were tried");
    assert_eq!(owner.seen().await, before, "nothing was touched");
    stack.stop().await;
}

async fn no_list_cursor_or_event_tells_of_another_user(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let _admin = stack.client().sign_up("admin").await;
    let other = stack.client().sign_up("other").await;
    let mut heard = other.events(None).await;
    let mut heard_at_socket = open_socket(&other, &stack.url(), "").await;
    let owner = Belongings::of(stack.client().sign_up("owner").await).await;
    let mut owners = owner.client.events(None).await;
    let event_cursor = owners.next().await.unwrap().id.unwrap();
    let page = owner.client.get("/api/youtube/downloads?limit=1").await.expect(200).json::<Value>();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let document = Document::of(&other).await;
    for operation in document.operations() {
        let is_endless = operation.path.ends_with("/events") || operation.path.ends_with("/ws");
        if operation.method != "GET" || operation.path.contains('{') || is_endless {
            continue;
        }
        let mut targets = vec![operation.path.clone()];
        if operation.takes("cursor") {
            targets.push(format!("{}?cursor={cursor}", operation.path));
        }
        if operation.takes("q") {
            targets.push(format!("{}?q={}", operation.path, OKAY.id(60)));
        }
        for target in targets {
            let answer = other.get(&target).await;
            assert_eq!(owner.told_in(&answer.text()), [""; 0], "{target}");
        }
    }
    let state: CookieState = other.get("/api/youtube/cookies").await.expect(200).json();
    assert!(!state.has_cookies);
    // From where the owner left off, one gets one's own.
    let mut resumed = other.events(Some(&event_cursor)).await;
    let from_there = format!("?cursor={event_cursor}");
    let mut resumed_at_socket = open_socket(&other, &stack.url(), &from_there).await;
    let mine = other.download(&json!({ "url": OKAY.url(63), "quality": "360p" })).await;
    let is_last = |text: &str| {
        assert_eq!(owner.told_in(text), [""; 0], "{text}");
        text.contains(&mine.to_string()) && text.contains("completed")
    };
    for events in [&mut heard, &mut resumed] {
        while !is_last(&events.next().await.unwrap().data.to_string()) {}
    }
    for socket in [&mut heard_at_socket, &mut resumed_at_socket] {
        while !is_last(&next_text(socket).await.to_string()) {}
    }
    stack.stop().await;
}

/// A picture is told by the video's id alone: nobody can tell from it what others have downloaded.
#[actix_web::test]
async fn a_picture_says_nothing_of_who_asked_for_its_video() {
    let stack = TestStack::builder().start().await;
    let owner = stack.client().sign_up("owner").await;
    let other = stack.client().sign_up("other").await;
    owner.put_text("/api/youtube/cookies", "text/plain", COOKIES).await.expect(200);
    let download = owner.download(&json!({ "url": OKAY.url(64), "quality": "360p" })).await;
    let path = owner.completed(download).await.thumbnail.unwrap();
    let theirs = owner.get(&path).await.expect(200);
    let seen = other.get(&path).await.expect(200);
    let never_asked_for = format!("/api/youtube/thumbnail/{}", OKAY.id(65));
    let unknown = other.get(&never_asked_for).await.expect(200);
    assert_eq!(seen.body, theirs.body);
    let names = |answer: &Answer| {
        let told = answer.headers.iter().filter(|(name, _)| name != "x-request-id");
        told.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&seen), names(&unknown));
    for header in ["cache-control", "content-type", "vary"] {
        assert_eq!(seen.header(header), unknown.header(header), "{header}");
    }
    assert_eq!(stack.client().get(&path).await.status, 401);
    stack.stop().await;
}

async fn a_key_of_another_user_makes_something_of_ones_own(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let owner = stack.client().sign_up("owner").await;
    let other = stack.client().sign_up("other").await;
    let document = Document::of(&other).await;
    let mut tried = 0;
    for operation in document.operations() {
        if !operation.takes("Idempotency-Key") {
            continue;
        }
        let body = operation.example().unwrap();
        let create = async |client: &Client| {
            let headers = [("idempotency-key", "the-same")];
            let answer = client.send(Method::POST, &operation.path, &headers, Some(&body)).await;
            let answer = answer.expect(202).json::<Value>();
            let ids = ["download_id", "batch_id", "playlist_id"];
            ids.iter().find_map(|name| answer[name].as_str().map(str::to_owned)).unwrap()
        };
        let key_is_taken = tried > 0;
        if key_is_taken {
            // One key is one request: another body under it is refused, to its owner alone.
            let headers = [("idempotency-key", "the-same")];
            let answer = owner.send(Method::POST, &operation.path, &headers, Some(&body)).await;
            assert_eq!(answer.code(), (409, "already_exists".to_owned()));
        } else {
            let (theirs, own) = (create(&owner).await, create(&other).await);
            assert_ne!(theirs, own, "{}", operation.path);
            assert_eq!(create(&owner).await, theirs);
            assert_eq!(create(&other).await, own);
        }
        tried += 1;
    }
    assert!(tried >= 3, "only {tried} take a key");
    stack.stop().await;
}
