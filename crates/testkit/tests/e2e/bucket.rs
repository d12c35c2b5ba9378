//! Files on an S3 server: everything works as from a disk, and whatever ends in the middle of it,
//! nothing is lost, doubled or left behind.

use std::{
    fs::{self, File},
    process::Command,
    time::Duration,
};

use awc::http::Method;
use common_types::download::{Phase, Status};
use serde_json::json;
use testkit::{
    Answer, Client, Database, ProcessStack, TempS3, TestStack, binary, in_bucket, processes_under,
    standin::scenarios::{LARGE, OKAY, playlist_of, playlist_url},
    wait_until,
};
use uuid::Uuid;

use crate::archives::read_with_python;

/// Objects younger than ten leases are left alone by the sweeper.
const LEASE: (&str, &str) = ("MAGPIE_LEASE_SECONDS", "2");
const SETTLED: Duration = Duration::from_secs(22);

fn file_path(id: Uuid) -> String {
    format!("/api/youtube/single/file/{id}")
}

async fn processes_with(server: &TempS3, more: &[(&str, &str)]) -> ProcessStack {
    let settings = in_bucket(server);
    let mut settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    settings.extend(more);
    ProcessStack::up_with(Database::Sqlite, &settings).await
}

async fn job_directories_are_gone(stack: &ProcessStack) {
    let jobs = stack.data_dir().join("work/youtube/jobs");
    wait_until("no directory of a job is left", || async {
        fs::read_dir(&jobs).is_ok_and(|entries| entries.count() == 0)
    })
    .await;
}

#[actix_web::test]
async fn a_file_comes_from_the_bucket_as_from_a_disk() {
    let server = TempS3::start().unwrap();
    let stack = TestStack::builder().in_bucket(&server).start().await;
    let client = stack.client().sign_up("reader").await;
    let id = client.download(&json!({ "url": OKAY.url(60), "quality": "360p" })).await;
    let key = client.completed(id).await.file_path.unwrap();
    assert_eq!(server.objects().unwrap(), [key.as_str()]);
    let stored = fs::read(server.files().join(&key)).unwrap();
    let whole = client.file(id).await.expect(200);
    assert!(whole.body == stored);
    let etag = whole.header("etag").unwrap();
    for name in ["content-length", "last-modified", "accept-ranges", "content-disposition"] {
        assert!(whole.header(name).is_some(), "{name}");
    }
    let half = [("range", "bytes=100-"), ("if-range", etag)];
    let half = client.get_with(&file_path(id), &half).await.expect(206);
    assert!(half.body == stored[100..]);
    let last = client.get_with(&file_path(id), &[("range", "bytes=-7")]).await.expect(206);
    assert!(last.body == stored[stored.len() - 7..]);
    client.get_with(&file_path(id), &[("if-none-match", etag)]).await.expect(304);
    let head = client.send(Method::HEAD, &file_path(id), &[], None).await.expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), whole.header("content-length"));
    assert!(!stack.data_dir().join("media").exists(), "nothing is kept here");
    client.delete(&format!("/api/youtube/single/{id}")).await.expect(200);
    assert_eq!(server.objects().unwrap(), [""; 0]);
    stack.stop().await;
}

#[actix_web::test]
async fn zips_are_read_from_the_bucket_and_resumed() {
    let server = TempS3::start().unwrap();
    let stack = TestStack::builder().in_bucket(&server).start().await;
    let client = stack.client().sign_up("zip").await;
    let urls: Vec<_> = (61..=64).map(|number| OKAY.url(number)).collect();
    let batch = client.create_batch(&urls).await.batch_id;
    let batch = client.batch_ended(batch).await;
    let body = json!({ "url": playlist_url(&playlist_of(3)), "quality": "360p" });
    let list = client.create_playlist(&body).await.playlist_id;
    let list = client.playlist_ended(list).await;
    assert_eq!((batch.completed, batch.status), (4, Status::Completed));
    let stored = server.objects().unwrap().len();
    let listed = usize::try_from(list.completed).unwrap();
    assert!(listed > 1);
    assert_eq!(stored, 4 + listed);
    for (zip_url, entries) in [(batch.zip_url, 4), (list.zip_url, listed)] {
        let zip = client.get(&zip_url).await.expect(200);
        let path = stack.data_dir().join("all.zip");
        fs::write(&path, &zip.body).unwrap();
        assert_eq!(read_with_python(&path).len(), entries);
        let tested = Command::new("unzip").arg("-tqq").arg(&path).status().unwrap();
        assert!(tested.success());
        let half = zip.body.len() / 2;
        let range = format!("bytes={half}-");
        let tag = zip.header("etag").unwrap();
        let headers = [("range", range.as_str()), ("if-range", tag)];
        let rest = client.get_with(&zip_url, &headers).await.expect(206);
        assert!(rest.body == zip.body[half..]);
    }
    stack.stop().await;
}

/// Follows a link without a credential, as another program would.
async fn follow(link: &str, headers: &[(&str, &str)]) -> Answer {
    Client::new("").send(Method::GET, link, headers, None).await
}

#[actix_web::test]
async fn a_client_is_sent_to_the_server_where_the_operator_wants_that() {
    let server = TempS3::start().unwrap();
    let url = format!("{}&delivery=redirect", server.storage_url());
    let stack = TestStack::builder().in_bucket(&server).set("STORAGE_URL", url).start().await;
    let client = stack.client().sign_up("reader").await;
    let id = client.download(&json!({ "url": OKAY.url(65), "quality": "360p" })).await;
    let download = client.completed(id).await;
    let stored = fs::read(server.files().join(download.file_path.unwrap())).unwrap();
    let sent_on = client.file(id).await.expect(307);
    assert_eq!(sent_on.header("cache-control"), Some("no-store"));
    let link = sent_on.header("location").unwrap();
    assert!(link.starts_with(&server.endpoint()), "{link}");
    let file = follow(link, &[]).await.expect(200);
    assert!(file.body == stored);
    assert_eq!(file.header("content-type"), Some("video/mp4"));
    let head = client.send(Method::HEAD, &file_path(id), &[], None).await.expect(200);
    assert_eq!(file.header("content-disposition"), head.header("content-disposition"));
    let part = follow(link, &[("range", "bytes=10-19")]).await.expect(206);
    assert!(part.body == stored[10..20]);
    let etag = head.header("etag").unwrap();
    client.get_with(&file_path(id), &[("if-none-match", etag)]).await.expect(304);
    let other = link.replace(&id.to_string(), &Uuid::nil().to_string());
    assert_eq!(follow(&other, &[]).await.status, 403, "a link is for one file");
    // Who has no access gets no link.
    let stranger = stack.client().sign_up("stranger").await;
    stranger.file(id).await.expect(404);
    stack.stop().await;
}

#[actix_web::test]
async fn a_kill_in_the_middle_of_an_upload_leaves_one_file_and_nothing_else() {
    let server = TempS3::start().unwrap();
    let mut stack = processes_with(&server, &[LEASE]).await;
    let client = stack.client().sign_up("survivor").await;
    let token = client.token().unwrap().to_owned();
    let id = client.download(&json!({ "url": LARGE.url(150), "quality": "360p" })).await;
    wait_until("parts arrive", || async { server.parts().unwrap() > 1 }).await;
    stack.kill();
    assert!(server.parts().unwrap() > 1, "it was in the middle");
    let notes = server.objects().unwrap();
    assert!(notes.len() == 1 && notes[0].starts_with(".uploads/"), "{notes:?}");
    let data_dir = stack.data_dir();
    wait_until("no process is left", || async { processes_under(&data_dir).is_empty() }).await;
    stack.start_magpie();
    let client = stack.client().with_token(token);
    let download = client.completed(id).await;
    assert_eq!(download.attempts, 2);
    let key = download.file_path.unwrap();
    let size = fs::metadata(server.files().join(&key)).unwrap().len();
    assert_eq!(download.file_size, Some(size));
    // As if long enough ago.
    let note = File::options().append(true).open(server.files().join(&notes[0])).unwrap();
    let noted = note.metadata().unwrap().modified().unwrap();
    note.set_modified(noted - Duration::from_secs(20 * 60)).unwrap();
    stack.kill();
    stack.start_magpie();
    wait_until("what was left behind is gone", || async { server.parts().unwrap() == 0 }).await;
    wait_until("its note, too", || async { server.objects().unwrap() == [key.as_str()] }).await;
    job_directories_are_gone(&stack).await;
    stack.stop().await;
}

#[actix_web::test]
async fn jobs_wait_for_a_server_that_is_away() {
    let mut server = TempS3::start().unwrap();
    let stack = processes_with(&server, &[]).await;
    let client = stack.client().sign_up("patient").await;
    let stored = client.download(&json!({ "url": OKAY.url(66), "quality": "360p" })).await;
    client.completed(stored).await;
    server.kill();
    let mut ids = Vec::new();
    for number in 67..70 {
        let request = json!({ "url": OKAY.url(number), "quality": "360p" });
        ids.push(client.download(&request).await);
    }
    let is_storing = async |id| client.status(id).await.phase == Some(Phase::Storing);
    for id in &ids {
        wait_until("it is being stored", || is_storing(*id)).await;
    }
    // What is there cannot be had for now, and the answer says so.
    let refused = client.file(stored).await;
    assert_eq!(refused.code(), (503, "unavailable".to_owned()));
    assert!(refused.header("retry-after").is_some());
    actix_web::rt::time::sleep(Duration::from_secs(15)).await;
    server.revive().unwrap();
    for id in ids {
        assert_eq!(client.completed(id).await.attempts, 1);
        client.file(id).await.expect(200);
    }
    client.file(stored).await.expect(200);
    assert_eq!(server.objects().unwrap().len(), 4);
    job_directories_are_gone(&stack).await;
    stack.stop().await;
}

#[actix_web::test]
async fn what_was_fetched_survives_a_restart_while_the_server_is_away() {
    let mut server = TempS3::start().unwrap();
    let mut stack = processes_with(&server, &[]).await;
    let client = stack.client().sign_up("patient").await;
    let token = client.token().unwrap().to_owned();
    server.kill();
    let id = client.download(&json!({ "url": LARGE.url(20), "quality": "360p" })).await;
    wait_until("it is being stored", || async {
        client.status(id).await.phase == Some(Phase::Storing)
    })
    .await;
    assert_eq!(stack.terminate(), [("magpie", Some(0))]);
    server.revive().unwrap();
    let asked = stack.standin().log().media_requests(&LARGE.id(20)).len();
    stack.start_magpie();
    let client = stack.client().with_token(token);
    let download = client.completed(id).await;
    let again = stack.standin().log().media_requests(&LARGE.id(20)).len();
    assert_eq!(again, asked, "it was fetched again");
    assert_eq!(server.objects().unwrap(), [download.file_path.unwrap()]);
    job_directories_are_gone(&stack).await;
    stack.stop().await;
}

#[actix_web::test]
async fn a_cancelled_upload_leaves_nothing() {
    let server = TempS3::start().unwrap();
    let stack = processes_with(&server, &[]).await;
    let client = stack.client().sign_up("hasty").await;
    let id = client.download(&json!({ "url": LARGE.url(150), "quality": "360p" })).await;
    wait_until("parts arrive", || async { server.parts().unwrap() > 0 }).await;
    let cancel = format!("/api/youtube/single/cancel/{id}");
    client.post(&cancel, &json!({})).await.expect(200);
    wait_until("nothing is left", || async {
        server.parts().unwrap() == 0 && server.objects().unwrap().is_empty()
    })
    .await;
    job_directories_are_gone(&stack).await;
    stack.stop().await;
}

/// Lets the time of every file come.
fn expire_all(stack: &ProcessStack) {
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
        db.execute('UPDATE downloads SET expires_at = 1 WHERE expires_at IS NOT NULL'); db.commit()";
    let database = stack.data_dir().join("magpie.db");
    let done = Command::new("python3").args(["-c", script]).arg(database).status().unwrap();
    assert!(done.success());
}

#[actix_web::test]
async fn the_sweeper_removes_what_expired_and_what_has_no_row() {
    let server = TempS3::start().unwrap();
    let mut stack = processes_with(&server, &[LEASE]).await;
    let client = stack.client().sign_up("keeper").await;
    let token = client.token().unwrap().to_owned();
    let kept = client.download(&json!({ "url": OKAY.url(71), "quality": "360p" })).await;
    let key = client.completed(kept).await.file_path.unwrap();
    let orphan = server.files().join(format!("singlelink/{}/left.mp4", Uuid::now_v7()));
    let foreign = server.files().join("backup/2026/not-ours.mp4");
    for path in [&orphan, &foreign] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    actix_web::rt::time::sleep(SETTLED).await;
    stack.kill();
    stack.start_magpie();
    wait_until("the orphan is gone", || async { !orphan.exists() }).await;
    assert!(foreign.exists() && server.files().join(&key).exists());
    stack.kill();
    expire_all(&stack);
    stack.start_magpie();
    wait_until("the file is gone", || async { !server.files().join(&key).exists() }).await;
    let client = stack.client().with_token(token);
    assert_eq!(client.file(kept).await.code(), (410, "expired".to_owned()));
    stack.stop().await;
}

#[test]
fn a_bucket_that_cannot_be_used_stops_the_start_with_one_line() {
    let mut server = TempS3::start().unwrap();
    let right = in_bucket(&server).map(|(key, value)| (key.to_owned(), value));
    let with = |key: &str, value: &str| {
        let mut settings = right.clone();
        for setting in settings.iter_mut().filter(|setting| setting.0 == key) {
            value.clone_into(&mut setting.1);
        }
        settings
    };
    let wrong = "not the right secret";
    let nowhere = server.storage_url().replace("s3://media/", "s3://nowhere/");
    let unknown = format!("{}&colour=blue", server.storage_url());
    for (settings, code, named) in [
        (with("MAGPIE_S3_SECRET_KEY", wrong), 70, "SignatureDoesNotMatch"),
        (with("MAGPIE_STORAGE_URL", &nowhere), 70, "404"),
        (with("MAGPIE_S3_ACCESS_KEY", ""), 64, "MAGPIE_S3_ACCESS_KEY"),
        (with("MAGPIE_STORAGE_URL", &unknown), 64, "colour"),
    ] {
        refuses_to_start(&settings, code, named);
    }
    server.kill();
    refuses_to_start(&right, 75, "not available");
}

fn refuses_to_start(settings: &[(String, String)], code: i32, named: &str) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(binary("youtube-service"))
        .current_dir(directory.path())
        .envs(settings.iter().map(|(key, value)| (key, value)))
        .envs([("MAGPIE_YOUTUBE_BIND", "127.0.0.1:0"), ("MAGPIE_LOG", "off")])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains(named) && !stderr.contains("right secret"), "{stderr}");
}
