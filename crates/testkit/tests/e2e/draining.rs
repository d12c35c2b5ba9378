//! `magpie drain`: a node that begins nothing more and ends what it has.

use common_types::download::Status;
use serde_json::json;
use testkit::{Client, Databases, Fleet, standin::scenarios::SLOW, wait_until};

#[actix_web::test]
async fn a_drained_node_begins_nothing_and_ends_what_it_has() {
    let fleet = Fleet::start(Databases::All, &[]).await;
    let [client, _] = fleet.sign_up("drain").await;
    let urls: Vec<String> = (0..6).map(|number| SLOW.url(300 + number)).collect();
    let before = client.create_batch(&urls).await.batch_id;
    wait_until("both nodes are busy", || async {
        let batch = client.batch(before).await;
        batch.videos.iter().filter(|video| video.status == Status::Downloading).count() > 3
    })
    .await;
    let node = fleet.stack.urls_of("youtube-service")[0].clone();
    let mut drain = fleet.stack.magpie(&["drain", &node]);
    let drained = tokio::task::spawn_blocking(move || drain.output().unwrap()).await.unwrap();
    let told = String::from_utf8(drained.stdout).unwrap();
    assert!(drained.status.success(), "{}", String::from_utf8_lossy(&drained.stderr));
    assert!(told.contains("has nothing left to do"), "{told}");
    let batch = client.batch_ended(before).await;
    assert!(batch.videos.iter().all(|video| video.attempts == 1), "nothing was handed back");

    let there = Client::new(&node);
    assert_eq!(there.get("/readyz").await.status, 503);
    let health = "/api/youtube/health";
    let after = client.create_batch(&urls).await.batch_id;
    wait_until("the other node works alone", || async {
        client.batch(after).await.status == Status::Downloading
    })
    .await;
    // Not through the gateways, which leave the node out.
    let refused = there.get(health).await;
    assert!(refused.status == 200 && refused.json::<serde_json::Value>()["workers"]["busy"] == 0);
    let ended = client.batch_ended(after).await;
    assert_eq!((ended.status, ended.completed), (Status::Completed, 6));
    let stranger = there.post("/internal/drain", &json!({})).await;
    assert_eq!(stranger.status, 401, "only an operator may");
    fleet.stack.stop().await;
}
