//! Two youtube-services on one database: each item runs on one of them, and a node that freezes and
//! wakes up does no harm.

use std::fs;

use common_types::download::Status;
use serde_json::Value;
use testkit::{
    Database, Databases, Fleet, ProcessStack,
    standin::scenarios::{OKAY, SLOW},
    wait_for, wait_until,
};

crate::on_both_databases!(
    two_nodes_share_a_batch_and_no_item_runs_twice,
    a_node_that_freezes_beyond_its_lease_does_no_harm_when_it_wakes,
);

async fn two_nodes_share_a_batch_and_no_item_runs_twice(database: Database) {
    let stack = ProcessStack::two_nodes(database, &[]).await;
    let client = stack.client().sign_up("nodes").await;
    let urls: Vec<String> = (0..24).map(|number| SLOW.url(900 + number)).collect();
    let id = client.create_batch(&urls).await.batch_id;
    let at_once = wait_for("both nodes are busy", || async {
        let batch = client.batch(id).await;
        let running =
            batch.videos.iter().filter(|video| video.status == Status::Downloading).count();
        (running > 3).then_some(running)
    })
    .await;
    assert!(at_once <= 6, "three on each node");
    let batch = client.batch_ended(id).await;
    assert_eq!((batch.status, batch.completed), (Status::Completed, 24));
    for video in &batch.videos {
        assert_eq!(video.attempts, 1, "{}", video.url);
        client.file(video.id).await.expect(200);
    }
    stack.stop().await;
}

async fn a_node_that_freezes_beyond_its_lease_does_no_harm_when_it_wakes(database: Database) {
    let stack = ProcessStack::two_nodes(database, &[("MAGPIE_LEASE_SECONDS", "2")]).await;
    let client = stack.client().sign_up("nodes").await;
    let mut urls: Vec<String> = (0..4).map(|number| SLOW.url(200 + number)).collect();
    urls.extend((1..=4).map(|number| OKAY.url(number)));
    let id = client.create_batch(&urls).await.batch_id;
    wait_until("both nodes work", || async {
        let batch = client.batch(id).await;
        batch.videos.iter().filter(|video| video.downloaded_bytes > 0).count() >= 4
    })
    .await;
    stack.signal("youtube-service", "STOP");
    // The gateway still asks the frozen node now and then, in vain.
    let batch = client.batch_ended(id).await;
    assert_eq!((batch.status, batch.completed), (Status::Completed, 8));
    assert!(batch.videos.iter().any(|video| video.attempts > 1), "something was taken over");
    stack.signal("youtube-service", "CONT");
    let jobs = stack.data_dir().join("work/youtube/jobs");
    wait_until("the node that wakes up drops what is no longer its own", || async {
        fs::read_dir(&jobs).is_ok_and(|entries| entries.count() == 0)
    })
    .await;
    let after = client.batch(id).await;
    assert_eq!(after.videos, batch.videos, "nothing it does changes anything");
    for video in &after.videos {
        let file = client.file(video.id).await.expect(200);
        assert_eq!(u64::try_from(file.body.len()).ok(), video.file_size);
    }
    stack.stop().await;
}

#[actix_web::test]
async fn how_many_run_at_a_time_changes_while_they_run() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("magpie.toml");
    fs::write(&file, "max_concurrent_downloads = 1").unwrap();
    let settings = [("MAGPIE_CONFIG", file.to_str().unwrap())];
    let stack = ProcessStack::up_with(Database::Sqlite, &settings).await;
    let client = stack.client().sign_up("nodes").await;
    let urls: Vec<String> = (0..4).map(|number| SLOW.url(150 + number)).collect();
    let id = client.create_batch(&urls).await.batch_id;
    let running = async || {
        let batch = client.batch(id).await;
        batch.videos.iter().filter(|video| video.status == Status::Downloading).count()
    };
    wait_until("one runs", || async { running().await == 1 }).await;
    fs::write(&file, "max_concurrent_downloads = 3").unwrap();
    stack.signal("magpie", "HUP");
    wait_until("three run", || async { running().await == 3 }).await;
    let health: Value = client.get("/api/youtube/health").await.expect(200).json();
    assert_eq!(health["workers"]["max"], 3);
    fs::write(&file, "max_concurrent_downloads = 0").unwrap();
    stack.signal("magpie", "HUP");
    wait_until("the refusal is logged", || async {
        stack.log().contains("the configuration stays as it was")
    })
    .await;
    let health: Value = client.get("/api/youtube/health").await.expect(200).json();
    assert_eq!(health["workers"]["max"], 3);
    stack.stop().await;
}

#[actix_web::test]
async fn a_node_whose_disk_is_full_leaves_the_jobs_to_the_other() {
    let mebibyte = 1024 * 1024;
    let Some(fleet) = Fleet::start_on_small_disk(Databases::All, 256 * mebibyte, &[]).await else {
        return;
    };
    let [client, _] = fleet.sign_up("full").await;
    fleet.disk().leave_free(mebibyte).unwrap();
    // The other node has enough to do for the full one to fail each of them three times.
    let urls: Vec<String> = (0..12).map(|number| SLOW.url(250 + number)).collect();
    let batch = client.create_batch(&urls).await.batch_id;
    let ended = client.batch_ended(batch).await;
    assert_eq!((ended.status, ended.completed), (Status::Completed, 12), "{}", fleet.stack.log());
    fleet.disk().clear().unwrap();
    wait_until("the node sees that there is room", || async {
        fleet.stack.log().contains("there is room on the disk again")
    })
    .await;
    fleet.stack.stop().await;
}
