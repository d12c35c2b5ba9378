//! Several links at once: all or nothing, counted exactly, ended as a whole.

use std::fs;

use common_types::{
    batch::Batch,
    download::{DownloadType, Status},
};
use serde_json::{Value, json};
use testkit::{
    Database, TestStack, processes_under,
    standin::scenarios::{OKAY, PRIVATE, SLOW},
    wait_until,
};

crate::on_both_databases!(
    fifty_links_arrive_and_the_counters_equal_the_items,
    a_batch_is_cancelled_tried_again_and_deleted,
);

async fn fifty_links_arrive_and_the_counters_equal_the_items(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("bulk").await;
    let mut urls: Vec<String> = (1000..1048).map(|number| OKAY.url(number)).collect();
    urls.push(PRIVATE.url(30));
    urls.push(OKAY.url(1000).replace("www.", "m."));
    let accepted = client.create_batch(&urls).await;
    assert_eq!((accepted.total_videos, accepted.duplicates), (49, 1));
    let mut last = 0.0;
    let batch = loop {
        let batch = client.batch(accepted.batch_id).await;
        assert_consistent(&batch);
        assert!(batch.progress >= last, "fell from {last} to {}", batch.progress);
        last = batch.progress;
        if batch.status.is_final() {
            break batch;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((batch.status, batch.completed, batch.failed), (Status::Completed, 48, 1));
    for (index, item) in batch.videos.iter().enumerate() {
        assert_eq!(item.kind, DownloadType::Batch);
        assert_eq!(item.batch_id, Some(batch.batch_id));
        assert_eq!(item.position, u32::try_from(index + 1).ok());
        if let Some(path) = &item.file_path {
            assert!(path.starts_with(&format!("multilink/{}/", batch.batch_id)), "{path}");
        }
    }
    stack.stop().await;
}

async fn a_batch_is_cancelled_tried_again_and_deleted(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("bulk").await;
    let urls: Vec<String> = (0..5).map(|number| SLOW.url(300 + number)).collect();
    let id = client.create_batch(&urls).await.batch_id;
    wait_until("it runs", || async { client.batch(id).await.status == Status::Downloading }).await;
    client.post(&format!("/api/youtube/multi/batch/{id}/cancel"), &json!({})).await.expect(200);
    let batch = client.batch(id).await;
    assert_eq!((batch.status, batch.cancelled), (Status::Cancelled, 5));
    wait_until("every worker is gone", || async {
        stack.work_dirs().iter().all(|work| processes_under(&work.join("jobs")).is_empty())
    })
    .await;
    let again = client.post(&format!("/api/youtube/multi/batch/{id}/cancel"), &json!({})).await;
    assert_eq!(again.code(), (409, "not_cancellable".to_owned()));
    client.post(&format!("/api/youtube/multi/batch/{id}/retry"), &json!({})).await.expect(202);
    let batch = client.batch_ended(id).await;
    assert_eq!((batch.status, batch.completed), (Status::Completed, 5));
    let media = stack.store_dir().join(format!("multilink/{id}"));
    let has_files = || fs::read_dir(&media).is_ok_and(|mut files| files.next().is_some());
    assert!(has_files());
    client.delete(&format!("/api/youtube/multi/batch/{id}")).await.expect(200);
    assert_eq!(client.get(&format!("/api/youtube/multi/batch/{id}")).await.status, 404);
    assert!(!has_files());
    stack.stop().await;
}

#[actix_web::test]
async fn one_bad_link_refuses_the_whole_batch_and_each_is_named() {
    let stack = TestStack::builder().set("MAX_BATCH_URLS", 4).start().await;
    let client = stack.client().sign_up("bulk").await;
    let other = stack.client().sign_up("other").await;
    let post = async |body: Value| client.post("/api/youtube/multi/batch", &body).await;
    let mixed = json!({ "urls": [OKAY.url(1), "https://vimeo.com/1", OKAY.url(2), "nonsense"] });
    let answer = post(mixed).await;
    assert_eq!(answer.code(), (400, "unsupported_url".to_owned()));
    let pointers: Vec<_> = answer.problem().errors.into_iter().map(|error| error.pointer).collect();
    assert_eq!(pointers, ["/urls/1", "/urls/3"]);
    assert_eq!(post(json!({ "urls": [] })).await.code().1, "invalid_request");
    let many: Vec<String> = (0..5).map(|number| OKAY.url(number + 1)).collect();
    assert_eq!(post(json!({ "urls": many })).await.code().1, "too_many_urls");
    let list: Value = client.get("/api/youtube/downloads").await.expect(200).json();
    assert_eq!(list["items"], json!([]), "nothing was created");
    let id = client.create_batch(&[OKAY.url(5)]).await.batch_id;
    assert_eq!(other.get(&format!("/api/youtube/multi/batch/{id}")).await.status, 404);
    client.batch_ended(id).await;
    stack.stop().await;
}

fn assert_consistent(batch: &Batch) {
    let count = |status| {
        u64::try_from(batch.videos.iter().filter(|item| item.status == status).count()).unwrap()
    };
    assert_eq!(batch.completed, count(Status::Completed));
    assert_eq!(batch.failed, count(Status::Failed));
    assert_eq!(batch.cancelled, count(Status::Cancelled));
    assert_eq!(batch.total, u64::try_from(batch.videos.len()).unwrap());
}
