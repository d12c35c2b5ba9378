//! What can happen to a store only where a server keeps it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt};
use media_store::{Content, Delivery, Presented, S3Settings, StorageKey, Store, StoreError};
use temp_s3::{ACCESS_KEY, BUCKET, PREFIX, SECRET_KEY, TempS3};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fixture::content;

/// Several parts.
const LARGE: usize = 64 * 1024 * 1024;

pub(crate) fn settings(server: &TempS3) -> S3Settings {
    S3Settings {
        bucket: BUCKET.to_owned(),
        prefix: PREFIX.to_owned(),
        endpoint: Some(server.endpoint()),
        public_endpoint: None,
        region: "us-east-1".to_owned(),
        path_style: true,
        allow_http: true,
        delivery: Delivery::Stream,
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
    }
}

async fn store() -> (TempS3, Store, TempDir) {
    let server = TempS3::start().unwrap();
    let store = Store::open_s3(&settings(&server)).await.unwrap();
    (server, store, tempfile::tempdir().unwrap())
}

fn key() -> StorageKey {
    "singlelink/1/a.mp4".parse().unwrap()
}

fn source(directory: &Path, bytes: &[u8]) -> PathBuf {
    let path = directory.join("new");
    fs::write(&path, bytes).unwrap();
    path
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The error and its causes, as they are logged.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn opening_a_store_leaves_nothing_in_the_bucket() {
    let (server, _store, _directory) = store().await;
    assert_eq!(server.objects().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_refuses_or_is_away_is_told_apart_without_a_secret() {
    let (mut server, _store, _directory) = store().await;
    let wrong_key = S3Settings { secret_key: "hunter2 hunter2".to_owned(), ..settings(&server) };
    let no_bucket = S3Settings { bucket: "nowhere".to_owned(), ..settings(&server) };
    for (wrong, named) in [(wrong_key, "403 SignatureDoesNotMatch"), (no_bucket, "404")] {
        let error = Store::open_s3(&wrong).await.unwrap_err();
        let told = told(&error);
        assert!(!error.is_passing() && told.contains(named), "{told}");
        assert!(!told.contains("hunter2") && !told.contains('\n'), "{told}");
    }
    server.kill();
    let error = Store::open_s3(&settings(&server)).await.unwrap_err();
    assert!(error.is_passing() && told(&error).contains("refused"), "{}", told(&error));
}

#[tokio::test]
async fn an_upload_that_is_stopped_leaves_nothing_but_the_source() {
    let (server, store, directory) = store().await;
    let source = source(directory.path(), &content(1, LARGE));
    let (stop, key) = (CancellationToken::new(), key());
    let stopping = async {
        until("parts arrive", || server.parts().unwrap() > 0).await;
        stop.cancel();
    };
    let (put, ()) = tokio::join!(store.put(&key, &source, &stop), stopping);
    assert!(matches!(put, Err(StoreError::Stopped)), "{put:?}");
    assert!(source.exists());
    assert_eq!((server.parts().unwrap(), server.objects().unwrap()), (0, Vec::new()));
}

#[tokio::test]
async fn an_upload_goes_on_when_the_server_comes_back() {
    let (mut server, store, directory) = store().await;
    let bytes = content(2, LARGE);
    let source = source(directory.path(), &bytes);
    let (stop, key) = (CancellationToken::new(), key());
    let interrupting = async {
        until("parts arrive", || server.parts().unwrap() > 0).await;
        server.kill();
        // Longer than a single request is repeated for.
        tokio::time::sleep(Duration::from_secs(12)).await;
        server.revive().unwrap();
    };
    let (put, ()) = tokio::join!(store.put(&key, &source, &stop), interrupting);
    assert_eq!(put.unwrap().crc32, crc32fast::hash(&bytes));
    assert!(fs::read(server.files().join(key.as_str())).unwrap() == bytes);
    assert_eq!(server.objects().unwrap(), [key.as_str()]);
    assert_eq!(server.parts().unwrap(), 0);
}

#[tokio::test]
async fn a_stream_goes_on_when_the_server_comes_back() {
    let (mut server, store, directory) = store().await;
    let bytes = content(3, LARGE);
    let source = source(directory.path(), &bytes);
    store.put(&key(), &source, &CancellationToken::new()).await.unwrap();
    let size_bytes = u64::try_from(LARGE).unwrap();
    let whole = Content::File { key: key(), size_bytes };
    let mut stream = pin!(store.read(&whole, 0..size_bytes));
    let mut read = stream.next().await.unwrap().unwrap().to_vec();
    server.kill();
    server.revive().unwrap();
    while let Some(chunk) = stream.next().await {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == bytes);
}

#[tokio::test]
async fn a_stream_breaks_off_when_the_server_stays_away() {
    let (mut server, store, directory) = store().await;
    let source = source(directory.path(), &content(4, LARGE));
    store.put(&key(), &source, &CancellationToken::new()).await.unwrap();
    let size_bytes = u64::try_from(LARGE).unwrap();
    let whole = Content::File { key: key(), size_bytes };
    let mut stream = pin!(store.read(&whole, 0..size_bytes));
    stream.next().await.unwrap().unwrap();
    server.kill();
    let rest: Result<Vec<_>, _> = stream.try_collect().await;
    assert!(rest.unwrap_err().is_passing());
}

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_ended_by_a_later_sweep() {
    let (server, store, directory) = store().await;
    let source = source(directory.path(), &content(5, LARGE));
    // As a process that dies: the upload is dropped where it stands.
    let (stop, key) = (CancellationToken::new(), key());
    tokio::select! {
        _ = store.put(&key, &source, &stop) => panic!("it is not that fast"),
        () = until("parts arrive", || server.parts().unwrap() > 0) => {}
    }
    let notes = server.objects().unwrap();
    assert!(notes.len() == 1 && notes[0].starts_with(".uploads/"), "{notes:?}");
    let note = File::options().append(true).open(server.files().join(&notes[0])).unwrap();
    let noted = note.metadata().unwrap().modified().unwrap();
    let soon = noted + Duration::from_secs(60);
    store.settled(soon).await.unwrap();
    assert!(server.parts().unwrap() > 0, "it may still be going on");
    note.set_modified(noted - Duration::from_secs(20 * 60)).unwrap();
    store.settled(soon).await.unwrap();
    assert_eq!((server.parts().unwrap(), server.objects().unwrap()), (0, Vec::new()));
}

/// What one thread has opened another may get, and the first may be busy for long.
#[tokio::test]
async fn a_thread_that_is_busy_keeps_nobody_waiting() {
    let (_server, store, directory) = store().await;
    let source = source(directory.path(), &content(6, 3_000_000));
    // Connections are open now, by way of this thread.
    store.put(&key(), &source, &CancellationToken::new()).await.unwrap();
    let reader = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { store.size_of(&key()).await.unwrap() })
    });
    // As if this thread did something that takes long.
    assert_eq!(reader.join().unwrap(), 3_000_000);
}

#[tokio::test]
async fn what_lies_beside_the_prefix_is_not_ours() {
    let (server, store, directory) = store().await;
    let source = source(directory.path(), b"x");
    store.put(&key(), &source, &CancellationToken::new()).await.unwrap();
    let other = S3Settings { prefix: "files-of-another".to_owned(), ..settings(&server) };
    let other = Store::open_s3(&other).await.unwrap();
    assert!(other.size_of(&key()).await.unwrap_err().is_not_found());
    let written = fs::metadata(server.files().join(key().as_str())).unwrap().modified().unwrap();
    let settled = other.settled(written + Duration::from_secs(60)).await.unwrap();
    assert!(settled.next_page(10).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn a_link_is_made_only_where_clients_are_to_follow_one() {
    let (server, store, _directory) = store().await;
    let presented =
        Presented { disposition: "attachment; filename=\"a b.mp4\"", media_type: "video/mp4" };
    assert_eq!(store.link(&key(), presented).await.unwrap(), None);
    let redirecting = S3Settings {
        delivery: Delivery::Redirect,
        public_endpoint: Some("https://files.test".to_owned()),
        ..settings(&server)
    };
    let link = Store::open_s3(&redirecting).await.unwrap().link(&key(), presented).await.unwrap();
    let link = link.unwrap();
    assert!(link.starts_with("https://files.test/media/files/singlelink/1/a.mp4?"), "{link}");
    for part in ["X-Amz-Expires=600&", "response-content-type=video%2Fmp4", "a%20b.mp4"] {
        assert!(link.contains(part), "{part}: {link}");
    }
    assert!(!link.contains(SECRET_KEY));
}
