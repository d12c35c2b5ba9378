//! Cancelling takes effect within a second, whatever the job is doing, and leaves no process.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use common_types::download::{Phase, Status};
use serde_json::json;
use testkit::{
    TestStack, processes_under,
    standin::scenarios::{LONG, OKAY, SLOW, SLOW_PAGE},
    wait_for, wait_until,
};
use uuid::Uuid;

/// Not a measurement: it is a matter of a second, and of more where the machine has other work.
const LIMIT: Duration = Duration::from_secs(30);

#[actix_web::test]
async fn a_job_is_cancelled_in_every_phase() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("hasty").await;
    let cases = [
        (Phase::Extracting, json!({ "url": SLOW_PAGE.url(50) })),
        (Phase::Downloading, json!({ "url": SLOW.url(50), "quality": "360p" })),
        (Phase::Processing, json!({ "url": LONG.url(1), "format": "mp3" })),
    ];
    for (phase, request) in cases {
        let id = client.download(&request).await;
        wait_until("the phase is reached", || async {
            client.status(id).await.phase == Some(phase)
        })
        .await;
        let [home, directory] = at_work(&stack, id).await;
        let asked = Instant::now();
        client.post(&format!("/api/youtube/single/cancel/{id}"), &json!({})).await.expect(200);
        assert_eq!(client.status(id).await.status, Status::Cancelled);
        wait_until("its processes and files are gone", || async {
            processes_under(&directory).is_empty() && !directory.exists() && !home.exists()
        })
        .await;
        assert!(asked.elapsed() < LIMIT, "{phase}: {:?}", asked.elapsed());
        let again = client.post(&format!("/api/youtube/single/cancel/{id}"), &json!({})).await;
        assert_eq!(again.code(), (409, "not_cancellable".to_owned()));
    }
    stack.stop().await;
}

#[actix_web::test]
async fn a_cancelled_download_can_be_tried_again() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("hasty").await;
    let id = client.download(&json!({ "url": SLOW.url(300), "quality": "360p" })).await;
    wait_until("it has begun", || async { client.status(id).await.progress > 5.0 }).await;
    client.post(&format!("/api/youtube/single/cancel/{id}"), &json!({})).await.expect(200);
    let before = client.status(id).await.progress;
    client.post(&format!("/api/youtube/single/retry/{id}"), &json!({})).await.expect(202);
    assert!(client.status(id).await.progress >= before, "progress never goes back");
    client.completed(id).await;
    let again = client.post(&format!("/api/youtube/single/retry/{id}"), &json!({})).await;
    assert_eq!(again.code(), (409, "not_retryable".to_owned()));
    stack.stop().await;
}

#[actix_web::test]
async fn deleting_takes_the_file_and_a_running_job_along() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("tidy").await;
    let done = client.download(&json!({ "url": OKAY.url(30), "quality": "360p" })).await;
    let path = client.completed(done).await.file_path.unwrap();
    let file = stack.store_dir().join(path);
    assert!(file.exists());
    let running = client.download(&json!({ "url": SLOW.url(52), "quality": "360p" })).await;
    let [home, directory] = at_work(&stack, running).await;
    for id in [done, running] {
        client.delete(&format!("/api/youtube/single/{id}")).await.expect(200);
        let answer = client.get(&format!("/api/youtube/single/status/{id}")).await;
        assert_eq!(answer.code(), (404, "not_found".to_owned()));
    }
    wait_until("nothing is left", || async {
        let is_gone = !file.exists() && !directory.exists() && !home.exists();
        is_gone && processes_under(&directory).is_empty()
    })
    .await;
    stack.stop().await;
}

/// Where the directory of a job belongs, and where it is once a worker works in it: for that time it
/// is in the worker's.
async fn at_work(stack: &TestStack, id: Uuid) -> [PathBuf; 2] {
    let find = |work: PathBuf| {
        let workers = fs::read_dir(work.join("workers")).ok()?.flatten();
        let mut places = workers.map(|worker| worker.path().join(id.to_string()));
        let place = places.find(|place| !processes_under(place).is_empty())?;
        Some([work.join(format!("jobs/{id}")), place])
    };
    wait_for("the job works", || async { stack.work_dirs().into_iter().find_map(find) }).await
}
