//! Live progress: a snapshot, what changes, and nothing of anyone else.

use awc::ws::{CloseCode, CloseReason, Frame, Message};
use common_types::{download::Status, internal::changes::ChangedKind};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use testkit::{
    Client, Database, Event, Events, ProcessStack, TestStack, is_fleet,
    standin::scenarios::{OKAY, SLOW, playlist_of, playlist_url},
    wait_until,
};
use uuid::Uuid;

crate::on_both_databases!(a_download_is_followed_from_its_snapshot_to_its_end);

async fn a_download_is_followed_from_its_snapshot_to_its_end(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("watcher").await;
    let stranger = stack.client().sign_up("stranger").await;
    let before = client.download(&json!({ "url": SLOW.url(60), "quality": "360p" })).await;
    let mut others = stranger.events(None).await;
    let mut events = client.events(None).await;
    let snapshot = events.next().await.unwrap();
    assert_eq!(snapshot.event, "snapshot");
    let active = snapshot.data["downloads"].as_array().unwrap();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0]["id"], before.to_string());
    assert_eq!(snapshot.data["cursor"].as_str(), snapshot.id.as_deref());
    let id = client.download(&json!({ "url": OKAY.url(1), "quality": "720p" })).await;
    let mut state = serde_json::Map::new();
    let mut progress = 0.0;
    while state.get("status") != Some(&json!("completed")) {
        let event = events.find(|event| is_about(event, ChangedKind::Download, id)).await;
        state.extend(event.data.as_object().unwrap().clone());
        let now = state["progress"].as_f64().unwrap();
        assert!(now >= progress, "fell from {progress} to {now}");
        progress = now;
    }
    let shown = serde_json::to_value(client.status(id).await).unwrap();
    state.retain(|_, value| !value.is_null());
    let shown: serde_json::Map<String, Value> =
        shown.as_object().unwrap().clone().into_iter().filter(|(_, v)| !v.is_null()).collect();
    assert_eq!(state, shown, "the changes add up to what the API shows");
    client.delete(&format!("/api/youtube/single/{id}")).await.expect(200);
    let gone = events.find(|event| is_about(event, ChangedKind::Download, id)).await;
    assert_eq!(gone.data["deleted"], true);
    assert_eq!(others.next().await.unwrap().data["downloads"], json!([]));
    let foreign = tokio::time::timeout(std::time::Duration::from_secs(1), others.next()).await;
    assert!(foreign.is_err(), "a stranger heard {foreign:?}");
    stack.stop().await;
}

#[actix_web::test]
async fn a_batch_and_a_playlist_are_told_with_exact_counters() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let mut events = client.events(None).await;
    let urls = [OKAY.url(1), OKAY.url(2), OKAY.url(3)];
    let batch = client.create_batch(&urls).await.batch_id;
    let told = add_up(&mut events, ChangedKind::Batch, batch).await;
    assert_eq!(
        (&told["completed"], &told["total"], &told["progress"]),
        (&json!(3), &json!(3), &json!(100.0))
    );
    let shown = client.batch(batch).await;
    assert_eq!((shown.status, shown.completed), (Status::Completed, 3));
    let body = json!({ "url": playlist_url(&playlist_of(4)), "quality": "360p" });
    let playlist = client.create_playlist(&body).await.playlist_id;
    let told = add_up(&mut events, ChangedKind::Playlist, playlist).await;
    assert_eq!((&told["completed"], &told["total"]), (&json!(4), &json!(4)));
    assert_eq!(told["title"], "Playlist of 4");
    stack.stop().await;
}

#[actix_web::test]
async fn what_was_missed_is_told_again_or_shown_as_it_stands() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let mut events = client.events(None).await;
    let cursor = events.next().await.unwrap().id.unwrap();
    drop(events);
    let id = client.download(&json!({ "url": OKAY.url(1), "quality": "360p" })).await;
    client.completed(id).await;
    let mut resumed = client.events(Some(&cursor)).await;
    // Each node has a memory of its own; the other one shows how things stand.
    let is_told = |event: &Event| {
        event.data["status"] == "completed" || (is_fleet() && event.event == "snapshot")
    };
    let told = resumed.find(is_told).await;
    assert!(told.event == "snapshot" || is_about(&told, ChangedKind::Download, id));
    for unknown in ["nonsense", "0123456789-5", ""] {
        let mut fresh = client.events(Some(unknown)).await;
        assert_eq!(fresh.next().await.unwrap().event, "snapshot", "{unknown}");
    }
    stack.stop().await;
}

#[actix_web::test]
async fn a_socket_says_the_same_and_ends_with_its_session() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let url = format!("{}/api/youtube/ws", stack.url());
    let open = |client: &Client, origin: Option<&str>| {
        let mut request = awc::Client::new().ws(&url).max_frame_size(1024 * 1024);
        if let Some(token) = client.token() {
            request = request.bearer_auth(token);
        }
        if let Some(origin) = origin {
            request = request.origin(origin);
        }
        request.connect()
    };
    assert!(open(&stack.client(), None).await.is_err(), "without a credential");
    assert!(open(&client, Some("https://evil.example")).await.is_err(), "from another origin");
    let own = stack.url();
    let (_, mut socket) = open(&client, Some(&own)).await.unwrap();
    let first = next_text(&mut socket).await;
    assert_eq!(
        (first["event"].as_str(), &first["data"]["downloads"]),
        (Some("snapshot"), &json!([]))
    );
    let id = client.download(&json!({ "url": OKAY.url(1), "quality": "360p" })).await;
    loop {
        let message = next_text(&mut socket).await;
        assert_eq!(message["event"], "download");
        assert_eq!(message["data"]["id"], id.to_string());
        assert!(message["id"].is_string());
        if message["data"]["status"] == "completed" {
            break;
        }
    }
    client.post("/api/auth/logout", &json!({})).await.expect(200);
    let ended = async {
        let mut last = None;
        while let Some(Ok(frame)) = socket.next().await {
            last = Some(frame);
        }
        last
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), ended).await;
    let Ok(Some(Frame::Close(Some(reason)))) = ended else { panic!("{ended:?}") };
    assert_eq!(reason.code, CloseCode::Policy);
    stack.stop().await;
}

#[actix_web::test]
async fn a_good_bye_is_given_back() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let mut socket = open_socket(&client, &stack.url(), "").await;
    next_text(&mut socket).await;
    let reason = CloseReason { code: CloseCode::Normal, description: None };
    socket.send(Message::Close(Some(reason.clone()))).await.unwrap();
    let answer = loop {
        match socket.next().await {
            Some(Ok(Frame::Close(answer))) => break answer,
            Some(Ok(_)) => {}
            ended => panic!("{ended:?}"),
        }
    };
    assert_eq!(answer, Some(reason));
    stack.stop().await;
}

#[actix_web::test]
async fn a_socket_that_sends_without_end_is_closed() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let mut socket = open_socket(&client, &stack.url(), "").await;
    next_text(&mut socket).await;
    let flood = async {
        // Until the other side has had enough.
        while socket.send(Message::Binary(vec![0; 32 * 1024].into())).await.is_ok() {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), flood).await.expect("it is closed");
    client.get("/api/youtube/downloads").await.expect(200);
    stack.stop().await;
}

#[actix_web::test]
async fn progress_of_another_node_arrives_all_the_same() {
    let stack = ProcessStack::two_nodes(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("watcher").await;
    let mut events = client.events(None).await;
    events.next().await.unwrap();
    let urls: Vec<String> = (0..6).map(|number| SLOW.url(300 + number)).collect();
    let batch = client.create_batch(&urls).await.batch_id;
    let items: Vec<Uuid> = client.batch(batch).await.videos.iter().map(|v| v.id).collect();
    let mut moved = std::collections::BTreeSet::new();
    while moved.len() < items.len() {
        let event = events.find(|event| event.data["progress"].as_f64().is_some()).await;
        let id = event.data["id"].as_str().unwrap().parse().unwrap();
        if items.contains(&id) && event.data["progress"].as_f64() > Some(0.0) {
            moved.insert(id);
        }
    }
    stack.stop().await;
}

#[actix_web::test]
async fn a_drained_stack_ends_its_streams_at_once() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("watcher").await;
    let mut events = client.events(None).await;
    events.next().await.unwrap();
    let started = std::time::Instant::now();
    let (ended, ()) = tokio::join!(events.next(), stack.stop());
    assert!(ended.is_none());
    assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
}

#[actix_web::test]
async fn what_happens_while_the_database_service_restarts_is_not_lost() {
    let mut stack = ProcessStack::services(Database::Sqlite, &[]).await;
    let client = stack.client().sign_up("watcher").await;
    let mut events = client.events(None).await;
    events.next().await.unwrap();
    stack.kill_and_revive(&["db-service"]);
    wait_until("it answers again", || async {
        client.get("/api/youtube/downloads").await.status == 200
    })
    .await;
    let id = client.download(&json!({ "url": OKAY.url(1), "quality": "360p" })).await;
    let told = events
        .find(|event| match event.event.as_str() {
            "snapshot" => event.data["downloads"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["id"] == id.to_string()),
            _ => is_about(event, ChangedKind::Download, id),
        })
        .await;
    assert_ne!(told.event, "heartbeat");
    stack.stop().await;
}

/// What the events about a thing come to, until it has completed.
async fn add_up(events: &mut Events, kind: ChangedKind, id: Uuid) -> Value {
    let mut state = serde_json::Map::new();
    while state.get("status") != Some(&json!("completed")) {
        let event = events.find(|event| is_about(event, kind, id)).await;
        state.extend(event.data.as_object().unwrap().clone());
    }
    Value::Object(state)
}

fn is_about(event: &Event, kind: ChangedKind, id: Uuid) -> bool {
    let kind = serde_json::to_value(kind).unwrap();
    event.event == kind && event.data["id"] == id.to_string()
}

pub(crate) type Socket = actix_codec::Framed<awc::BoxedSocket, awc::ws::Codec>;

/// The user's events as messages; `query` may say from where on.
pub(crate) async fn open_socket(client: &Client, base: &str, query: &str) -> Socket {
    let request = awc::Client::new().ws(format!("{base}/api/youtube/ws{query}"));
    let request = request.max_frame_size(1024 * 1024).bearer_auth(client.token().unwrap());
    request.connect().await.unwrap().1
}

pub(crate) async fn next_text(socket: &mut Socket) -> Value {
    loop {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(30), socket.next()).await;
        if let Frame::Text(text) = frame.unwrap().unwrap().unwrap() {
            return serde_json::from_slice(&text).unwrap();
        }
    }
}
