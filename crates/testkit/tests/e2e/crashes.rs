//! kill -9 loses nothing: a job that was running completes by itself after a restart.

use std::fs;

use common_types::download::Status;
use serde_json::json;
use testkit::{
    Database, ProcessStack, TestStack, processes_under,
    standin::scenarios::{OKAY, SLOW},
    wait_until,
};

crate::on_both_databases!(a_killed_stack_completes_its_jobs_after_a_restart);

async fn a_killed_stack_completes_its_jobs_after_a_restart(database: Database) {
    let mut stack = ProcessStack::up_with(database, &[("MAGPIE_LEASE_SECONDS", "3")]).await;
    let client = stack.client().sign_up("survivor").await;
    let token = client.token().unwrap().to_owned();
    let running = client.download(&json!({ "url": SLOW.url(250), "quality": "360p" })).await;
    let quick = client.download(&json!({ "url": OKAY.url(40), "quality": "360p" })).await;
    client.completed(quick).await;
    wait_until("bytes have arrived", || async {
        client.status(running).await.downloaded_bytes > 100_000
    })
    .await;
    let before = client.status(running).await.progress;
    stack.kill();
    let data_dir = stack.data_dir();
    wait_until("no process is left", || async { processes_under(&data_dir).is_empty() }).await;
    stack.start_magpie();
    let client = stack.client().with_token(token);
    assert!(client.status(running).await.progress >= before, "progress never goes back");
    let download = client.completed(running).await;
    assert_eq!(download.attempts, 2);
    let file = client.file(running).await.expect(200);
    assert_eq!(u64::try_from(file.body.len()).unwrap(), download.file_size.unwrap());
    client.file(quick).await.expect(200);
    let jobs = data_dir.join("work/youtube/jobs");
    wait_until("no directory is left", || async {
        fs::read_dir(&jobs).is_ok_and(|entries| entries.count() == 0)
    })
    .await;
    stack.stop().await;
}

#[actix_web::test]
async fn a_drained_stack_hands_its_jobs_back_at_once() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("patient").await;
    let token = client.token().unwrap().to_owned();
    let id = client.download(&json!({ "url": SLOW.url(120), "quality": "360p" })).await;
    wait_until("it has begun", || async { client.status(id).await.downloaded_bytes > 0 }).await;
    let stack = stack.restart().await;
    let client = stack.client().with_token(token);
    // Well within the lease of 30 s, which would have had to lapse otherwise.
    let started = std::time::Instant::now();
    wait_until("it goes on", || async { client.status(id).await.status == Status::Downloading })
        .await;
    assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
    client.completed(id).await;
    stack.stop().await;
}
