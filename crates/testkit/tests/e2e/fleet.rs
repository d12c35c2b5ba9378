//! Two of every process around one PostgreSQL, one Redis and one S3: what one node does, the other tells.

use common_types::download::Status;
use serde_json::json;
use testkit::{
    Client, Databases, Fleet,
    standin::scenarios::{OKAY, SLOW},
    wait_until,
};
use uuid::Uuid;

/// Waits until an event says that the download is completed.
async fn is_told(events: &mut testkit::Events, id: Uuid) {
    let id = id.to_string();
    events
        .find(|event| {
            event.event == "download"
                && event.data["id"] == id
                && event.data["status"] == "completed"
        })
        .await;
}

#[actix_web::test]
async fn whoever_watches_either_node_sees_everything() {
    let fleet = Fleet::start(Databases::OfTheNode, &[]).await;
    let [first, second] = fleet.sign_up("fleet").await;
    // The gateways take turns, so that of these each node has some.
    let mut watching = Vec::new();
    for client in [&first, &first, &second, &second] {
        let mut events = client.events(None).await;
        events.find(|event| event.event == "snapshot").await;
        watching.push(events);
    }
    for number in 1..=4 {
        let id = first.download(&json!({"url": OKAY.url(number)})).await;
        for events in &mut watching {
            is_told(events, id).await;
        }
        second.file(id).await.expect(200);
    }
    fleet.stack.stop().await;
}

#[actix_web::test]
async fn limits_are_counted_together_and_alone_while_redis_is_away() {
    let mut fleet =
        Fleet::start(Databases::OfTheNode, &[("MAGPIE_RATE_LIMIT_PER_MINUTE", "60")]).await;
    let clients = fleet.sign_up("fleet").await;
    let path = "/api/auth/profile";
    let left = async |client: &Client| -> u32 {
        let answer = client.get(path).await;
        answer.header("ratelimit-remaining").unwrap().parse().unwrap()
    };
    wait_until("both gateways count together", || async {
        let [one, two] = [left(&clients[0]).await, left(&clients[1]).await];
        two == one.saturating_sub(1)
    })
    .await;
    while left(&clients[0]).await > 0 {}
    for client in &clients {
        // One more is let in every second, which is soon over on a busy machine.
        let mut refused = None;
        for _ in 0..10 {
            refused = Some(client.get(path).await).filter(|answer| answer.status == 429);
            if refused.is_some() {
                break;
            }
        }
        assert_eq!(refused.unwrap().code(), (429, "rate_limited".to_owned()));
    }
    fleet.redis().stop();
    // Each has an allowance of its own now; nobody is let down.
    for client in &clients {
        for _ in 0..10 {
            client.get(path).await.expect(200);
        }
    }
    fleet.redis().start_again().unwrap();
    wait_until("both gateways count together again", || async {
        let [one, two] = [left(&clients[0]).await, left(&clients[1]).await];
        one > 0 && two == one.saturating_sub(1)
    })
    .await;
    fleet.stack.stop().await;
}

#[actix_web::test]
async fn without_redis_events_still_arrive() {
    let mut fleet = Fleet::start(Databases::OfTheNode, &[]).await;
    let [first, second] = fleet.sign_up("fleet").await;
    fleet.redis().stop();
    let urls: Vec<String> = (0..6).map(|number| SLOW.url(300 + number)).collect();
    let batch = first.create_batch(&urls).await.batch_id;
    for client in [&first, &second] {
        for _ in 0..2 {
            let mut events = client.events(None).await;
            // Nothing is heard of the other node, so that its state is asked for again and again.
            events.find(|event| event.event == "snapshot").await;
            events.find(|event| event.event == "snapshot").await;
        }
    }
    fleet.redis().start_again().unwrap();
    let ended = second.batch_ended(batch).await;
    assert_eq!((ended.status, ended.completed), (Status::Completed, 6));
    assert!(ended.videos.iter().all(|video| video.attempts == 1));
    fleet.stack.stop().await;
}

#[actix_web::test]
async fn who_logs_out_at_one_gateway_is_out_at_the_other() {
    let fleet = Fleet::start(Databases::OfTheNode, &[]).await;
    let [first, second] = fleet.sign_up("fleet").await;
    second.get("/api/auth/profile").await.expect(200);
    first.post("/api/auth/logout", &json!({})).await.expect(200);
    wait_until("the other gateway knows", || async {
        second.get("/api/auth/profile").await.status == 401
    })
    .await;
    let told = second.get("/api/auth/profile").await.code();
    assert_eq!(told, (401, "token_revoked".to_owned()));
    fleet.stack.stop().await;
}
