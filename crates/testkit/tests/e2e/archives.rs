//! Everything as one ZIP: opened by another's tools, resumed, and never begun too early.

use std::{collections::BTreeMap, path::Path, process::Command};

use actix_web::http::Method;
use common_types::download::Status;
use serde_json::json;
use testkit::{
    Client, TestStack,
    standin::scenarios::{HOSTILE, OKAY, PRIVATE, SLOW},
    wait_until,
};

#[actix_web::test]
async fn a_batch_is_delivered_as_a_zip_that_others_can_open() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("zip").await;
    // Two of one title, titles that attack, and one that cannot be had.
    let mut urls = vec![OKAY.url(1), OKAY.url(2), PRIVATE.url(1)];
    urls.extend((1..=18).map(|number| HOSTILE.url(number)));
    let id = client.create_batch(&urls).await.batch_id;
    let batch = client.batch_ended(id).await;
    let zip = client.get(&batch.zip_url).await.expect(200);
    assert_eq!(zip.header("content-type"), Some("application/zip"));
    assert_eq!(zip.header("content-length"), Some(zip.body.len().to_string().as_str()));
    let disposition = zip.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"magpie-batch-"), "{disposition}");
    let path = stack.data_dir().join("all.zip");
    std::fs::write(&path, &zip.body).unwrap();
    let entries = read_with_python(&path);
    assert_eq!(entries.len(), 20);
    for name in entries.keys() {
        assert!(name.len() <= 200 && !name.contains(['/', '\\', ':', '\0']), "{name}");
    }
    for video in batch.videos.iter().filter(|video| video.status == Status::Completed) {
        let file = client.file(video.id).await.expect(200);
        assert!(entries.values().any(|bytes| *bytes == file.body), "{:?}", video.title);
    }
    stack.stop().await;
}

#[actix_web::test]
async fn a_cut_zip_is_resumed_to_the_very_same_bytes() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("zip").await;
    let id = client.create_batch(&[OKAY.url(1), OKAY.url(2), OKAY.url(3)]).await.batch_id;
    client.batch_ended(id).await;
    let url = format!("/api/youtube/multi/batch/{id}/download");
    let whole = client.get(&url).await.expect(200);
    let (etag, size) = (whole.header("etag").unwrap().to_owned(), whole.body.len());
    assert!(etag.starts_with('"'), "strong: {etag}");
    let mut joined = Vec::new();
    for (start, end) in [(0, 999), (1000, size / 2), (size / 2 + 1, size - 1)] {
        let range = format!("bytes={start}-{end}");
        let part =
            client.get_with(&url, &[("Range", &range), ("If-Range", &etag)]).await.expect(206);
        assert_eq!(
            part.header("content-range"),
            Some(format!("bytes {start}-{end}/{size}").as_str())
        );
        joined.extend_from_slice(&part.body);
    }
    assert_eq!(joined, whole.body);
    let stale = [("Range", "bytes=5-"), ("If-Range", "\"another\"")];
    assert_eq!(client.get_with(&url, &stale).await.expect(200).body, whole.body);
    client.get_with(&url, &[("If-None-Match", &etag)]).await.expect(304);
    let beyond = format!("bytes={size}-");
    let refused = client.get_with(&url, &[("Range", &beyond)]).await.expect(416);
    assert_eq!(refused.header("content-range"), Some(format!("bytes */{size}").as_str()));
    let head = client.send(Method::HEAD, &url, &[], None).await.expect(200);
    assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    assert!(head.body.is_empty());
    resume_with_curl(&stack, &client, &url, &whole.body);
    stack.stop().await;
}

/// What a person does after a broken connection.
fn resume_with_curl(stack: &TestStack, client: &Client, url: &str, whole: &[u8]) {
    let path = stack.data_dir().join("cut.zip");
    std::fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let status = Command::new("curl")
        .args(["-sS", "-f", "-C", "-", "-o"])
        .arg(&path)
        .args(["-H", &format!("Authorization: Bearer {}", client.token().unwrap())])
        .arg(format!("{}{url}", stack.url()))
        .status();
    assert!(status.unwrap().success());
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[actix_web::test]
async fn a_zip_waits_for_all_items_unless_part_of_it_will_do() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("zip").await;
    let id = client.create_batch(&[OKAY.url(1), SLOW.url(600)]).await.batch_id;
    let url = format!("/api/youtube/multi/batch/{id}/download");
    let partial = format!("{url}?partial=true");
    wait_until("the first has arrived", || async { client.get(&partial).await.status == 200 })
        .await;
    assert_eq!(client.get(&url).await.code(), (409, "not_ready".to_owned()));
    let path = stack.data_dir().join("part.zip");
    std::fs::write(&path, client.get(&partial).await.body).unwrap();
    assert_eq!(read_with_python(&path).len(), 1);
    client.post(&format!("/api/youtube/multi/batch/{id}/cancel"), &json!({})).await.expect(200);
    client.get(&url).await.expect(200);
    let nothing = client.create_batch(&[PRIVATE.url(3)]).await.batch_id;
    client.batch_ended(nothing).await;
    let url = format!("/api/youtube/multi/batch/{nothing}/download");
    assert_eq!(client.get(&url).await.code(), (409, "not_ready".to_owned()));
    stack.stop().await;
}

/// Names and contents, as Python's `zipfile` reads them, checksums included.
pub(crate) fn read_with_python(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    const SCRIPT: &str = "import sys, zipfile\n\
        archive = zipfile.ZipFile(sys.argv[1])\n\
        assert archive.testzip() is None\n\
        archive.extractall(sys.argv[2])\n\
        print('\\n'.join(archive.namelist()))";
    let out = tempfile::tempdir().unwrap();
    let answer =
        Command::new("python3").args(["-c", SCRIPT]).arg(zip).arg(out.path()).output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let names = String::from_utf8(answer.stdout).unwrap();
    let read = |name: &str| (name.to_owned(), std::fs::read(out.path().join(name)).unwrap());
    names.lines().map(read).collect()
}
