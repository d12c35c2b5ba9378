//! The whole way: register, log in, look, download, fetch; then what became of it.

use std::fs;

use common_types::{
    download::{Download, DownloadList, Status},
    media::MediaInfo,
};
use serde_json::json;
use testkit::{Database, TestStack, is_fleet, probe, standin::scenarios::OKAY, wait_until};

crate::on_both_databases!(
    a_stranger_registers_and_has_the_file,
    progress_never_falls_and_ends_at_100
);

async fn a_stranger_registers_and_has_the_file(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("stranger").await;
    let url = OKAY.url(1);
    let info: MediaInfo =
        client.post("/api/youtube/single/info", &json!({ "url": url })).await.expect(200).json();
    assert_eq!(info.id, OKAY.id(1));
    let id = client.download(&json!({ "url": url, "format": "mp4", "quality": "720p" })).await;
    let listed: DownloadList = client.get("/api/youtube/downloads").await.expect(200).json();
    // What a probe found is known to the node that made it.
    let known = listed.items[0].title.as_deref();
    assert!(known == Some(info.title.as_str()) || (is_fleet() && known.is_none()), "{known:?}");
    let download = client.completed(id).await;
    let file = client.file(id).await.expect(200);
    assert_eq!(u64::try_from(file.body.len()).unwrap(), download.file_size.unwrap());
    let path = stack.data_dir().join("fetched.mp4");
    fs::write(&path, &file.body).unwrap();
    let found = probe(&path);
    assert_eq!((found.codec("video"), found.codec("audio")), (Some("h264"), Some("aac")));
    assert_eq!(found.height(), Some(720));
    assert!((found.seconds() - download.duration.unwrap()).abs() < 1.0);
    assert_shape(&download);
    nothing_is_left(&stack, &download).await;
    stack.stop().await;
}

fn assert_shape(download: &Download) {
    assert_eq!(download.id, download.download_id);
    assert_eq!(download.status, Status::Completed);
    assert_eq!(download.total_bytes, Some(download.downloaded_bytes));
    assert!(download.phase.is_none() && download.error_code.is_none());
    assert!(download.started_at.is_some() && download.completed_at.is_some());
    assert!(download.expires_at > download.completed_at);
    let path = download.file_path.as_deref().unwrap();
    assert!(path.starts_with(&format!("singlelink/{}/", download.id)), "{path}");
    assert_eq!(
        download.file_url.as_deref(),
        Some(format!("/api/youtube/single/file/{}", download.id).as_str())
    );
    let thumbnail = download.thumbnail.as_deref().unwrap();
    assert!(thumbnail.starts_with("/api/youtube/thumbnail/"), "{thumbnail}");
}

async fn nothing_is_left(stack: &TestStack, download: &Download) {
    let directory = format!("jobs/{}", download.id);
    wait_until("the job's directory is gone", || async {
        !stack.work_dirs().iter().any(|work| work.join(&directory).exists())
    })
    .await;
}

async fn progress_never_falls_and_ends_at_100(database: Database) {
    use testkit::standin::scenarios::SLOW;
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("watcher").await;
    let id = client.download(&json!({ "url": SLOW.url(400), "quality": "360p" })).await;
    let (mut last, mut seen) = (0.0, Vec::new());
    loop {
        let download = client.status(id).await;
        assert!(download.progress >= last, "fell from {last} to {}", download.progress);
        assert!(download.progress < 100.0 || download.status == Status::Completed);
        if download.progress > last {
            seen.push(download.progress);
        }
        last = download.progress;
        if download.status.is_final() {
            assert_eq!((download.status, download.progress), (Status::Completed, 100.0));
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(seen.len() >= 4, "progress was seen only at {seen:?}");
    stack.stop().await;
}
