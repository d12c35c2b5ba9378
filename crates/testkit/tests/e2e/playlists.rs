//! Playlists: looked at in pages, expanded by a worker, numbered by their index.

use std::fs;

use common_types::{
    MediaErrorCode,
    download::{DownloadType, Status},
    playlist::{Playlist, PlaylistInfo},
};
use serde_json::{Value, json};
use testkit::{
    Answer, Client, Database, TestStack, is_fleet, processes_under,
    standin::scenarios::{
        CHANNEL_HANDLE, EMPTY_PLAYLIST, FAILING_PLAYLIST, MIXED_PLAYLIST, OKAY, PRIVATE_PLAYLIST,
        UNKNOWN_PLAYLIST, mix_url, playlist_of, playlist_url,
    },
    wait_until,
};
use uuid::Uuid;

use crate::archives::read_with_python;

crate::on_both_databases!(a_playlist_arrives_numbered_and_what_is_lost_stops_nothing);

async fn a_playlist_arrives_numbered_and_what_is_lost_stops_nothing(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("lists").await;
    let id =
        client.create_playlist(&json!({ "url": playlist_url(MIXED_PLAYLIST) })).await.playlist_id;
    let mut last = 0.0;
    let list = loop {
        let list = client.playlist(id).await;
        assert_consistent(&list);
        assert!(list.progress >= last, "fell from {last} to {}", list.progress);
        last = list.progress;
        if list.status.is_final() {
            break list;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(
        (list.status, list.total, list.completed, list.failed),
        (Status::Completed, Some(10), 8, 2)
    );
    assert_eq!(list.videos[2].error_code, Some(MediaErrorCode::PrivateVideo));
    assert_eq!(list.videos[5].error_code, Some(MediaErrorCode::VideoUnavailable));
    for (position, video) in (1..).zip(&list.videos) {
        assert_eq!((video.kind, video.position), (DownloadType::Playlist, Some(position)));
        if let Some(path) = &video.file_path {
            assert!(path.starts_with(&format!("playlist/{id}/{position:03}_")), "{path}");
        }
    }
    let zip = client.get(&list.zip_url).await.expect(200);
    let path = stack.data_dir().join("list.zip");
    fs::write(&path, &zip.body).unwrap();
    let names: Vec<String> = read_with_python(&path).into_keys().collect();
    let numbers: Vec<&str> = names.iter().map(|name| name.split_once('_').unwrap().0).collect();
    assert_eq!(numbers, ["001", "002", "004", "005", "007", "008", "009", "010"]);
    let media = stack.store_dir().join(format!("playlist/{id}"));
    let has_files = || fs::read_dir(&media).is_ok_and(|mut files| files.next().is_some());
    assert!(has_files());
    client.delete(&format!("/api/youtube/playlist/{id}")).await.expect(200);
    assert_eq!(client.get(&format!("/api/youtube/playlist/status/{id}")).await.status, 404);
    assert!(!has_files());
    stack.stop().await;
}

#[actix_web::test]
async fn a_playlist_is_looked_at_page_by_page() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("lists").await;
    let url = playlist_url(&playlist_of(250));
    let first = info(&client, json!({ "url": url })).await;
    assert_eq!(
        (first.videos.len(), first.video_count, first.next_offset),
        (50, Some(250), Some(50))
    );
    assert_eq!(first.title.as_deref(), Some("Playlist of 250"));
    let last = info(&client, json!({ "url": url, "offset": 200, "limit": 100 })).await;
    assert_eq!((last.videos.len(), last.videos[0].index, last.next_offset), (50, 201, None));
    let lost = info(&client, json!({ "url": playlist_url(MIXED_PLAYLIST) })).await;
    let lost: Vec<u32> =
        lost.videos.iter().filter(|video| !video.available).map(|video| video.index).collect();
    assert_eq!(lost, [3, 6]);
    let channel = format!("https://www.youtube.com/{CHANNEL_HANDLE}");
    assert_eq!(info(&client, json!({ "url": channel })).await.videos.len(), 50);
    let mix = info(&client, json!({ "url": mix_url(&OKAY.video(7)) })).await;
    assert_eq!((mix.video_count, mix.videos.len()), (None, 50));
    assert!(mix.next_offset.is_some());
    let refused = async |body: Value| client.post("/api/youtube/playlist/info", &body).await.code();
    for (body, status, code) in [
        (json!({ "url": OKAY.url(1) }), 400, "invalid_url"),
        (json!({ "url": url, "limit": 0 }), 400, "invalid_request"),
        (json!({ "url": url, "limit": 1001 }), 400, "invalid_request"),
        (json!({ "url": "https://vimeo.com/album/1" }), 400, "unsupported_url"),
        (json!({ "url": playlist_url(UNKNOWN_PLAYLIST) }), 422, "video_unavailable"),
        (json!({ "url": playlist_url(PRIVATE_PLAYLIST) }), 422, "private_video"),
    ] {
        assert_eq!(refused(body.clone()).await, (status, code.to_owned()), "{body}");
    }
    stack.stop().await;
}

#[actix_web::test]
async fn only_the_entries_that_are_asked_for_are_taken() {
    let stack = TestStack::builder().set("MAX_PLAYLIST_ITEMS", 12).start().await;
    let client = stack.client().sign_up("lists").await;
    let url = playlist_url(&playlist_of(40));
    for (selection, expected) in [
        (json!({ "items": "7, 1-2" }), vec![1, 2, 7]),
        (json!({ "start_index": 38 }), vec![38, 39, 40]),
        (json!({ "start_index": 4, "end_index": 5 }), vec![4, 5]),
        (json!({}), (1..=12).collect()),
    ] {
        let mut body = json!({ "url": url, "quality": "360p" });
        body.as_object_mut().unwrap().extend(selection.as_object().unwrap().clone());
        let id = client.create_playlist(&body).await.playlist_id;
        let list = client.playlist_ended(id).await;
        let positions: Vec<u32> = list.videos.iter().map(|video| video.position.unwrap()).collect();
        assert_eq!(positions, expected, "{selection}");
        assert_eq!(list.is_truncated, expected.len() == 12);
    }
    let known = info(&client, json!({ "url": url })).await;
    assert_eq!(known.video_count, Some(40));
    let foretold = client.create_playlist(&json!({ "url": url, "items": "1-3" })).await;
    // What a probe found is known to the node that made it.
    let is_foretold = foretold.total_videos == Some(3);
    assert!(is_foretold || (is_fleet() && foretold.total_videos.is_none()));
    client.playlist_ended(foretold.playlist_id).await;
    let post =
        async |body: Value| client.post("/api/youtube/playlist/download", &body).await.code();
    for body in [
        json!({ "url": url, "start_index": 0 }),
        json!({ "url": url, "start_index": 5, "end_index": 4 }),
        json!({ "url": url, "items": "x" }),
        json!({ "url": url, "start_index": 41 }),
    ] {
        assert_eq!(post(body.clone()).await, (400, "invalid_range".to_owned()), "{body}");
    }
    stack.stop().await;
}

#[actix_web::test]
async fn a_list_that_cannot_be_read_fails_and_says_why() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("lists").await;
    for (playlist, code) in [
        (PRIVATE_PLAYLIST, MediaErrorCode::PrivateVideo),
        (UNKNOWN_PLAYLIST, MediaErrorCode::VideoUnavailable),
        (EMPTY_PLAYLIST, MediaErrorCode::VideoUnavailable),
    ] {
        let id =
            client.create_playlist(&json!({ "url": playlist_url(playlist) })).await.playlist_id;
        let list = client.playlist_ended(id).await;
        assert_eq!((list.status, list.error_code), (Status::Failed, Some(code)), "{playlist}");
        assert!(list.error.is_some() && list.remedy.is_some());
        let zip = client.get(&list.zip_url).await;
        assert_eq!(zip.code(), (409, "not_ready".to_owned()));
    }
    let body =
        json!({ "url": playlist_url(FAILING_PLAYLIST), "items": "198-205", "quality": "360p" });
    let id = client.create_playlist(&body).await.playlist_id;
    let list = client.playlist_ended(id).await;
    assert_eq!((list.status, list.completed), (Status::Completed, 3), "what was found is kept");
    assert!(list.error_code.is_some(), "and what was not is told");
    stack.stop().await;
}

#[actix_web::test]
async fn an_expansion_is_cancelled_half_way_and_goes_on_after_a_retry() {
    let stack = TestStack::builder().set("MAX_PLAYLIST_ITEMS", 5000).start().await;
    let client = stack.client().sign_up("lists").await;
    let body = json!({ "url": playlist_url(&playlist_of(5000)), "quality": "360p" });
    let id = client.create_playlist(&body).await.playlist_id;
    wait_until("it has begun", || async { !client.playlist(id).await.videos.is_empty() }).await;
    cancel(&client, id).await.expect(200);
    let list = client.playlist(id).await;
    assert_eq!(list.status, Status::Cancelled);
    assert!(list.videos.len() < 5000, "all {} were found before", list.videos.len());
    assert_consistent(&list);
    assert_eq!(cancel(&client, id).await.code(), (409, "not_cancellable".to_owned()));
    wait_until("nothing runs", || async {
        stack.work_dirs().iter().all(|work| processes_under(&work.join("jobs")).is_empty())
    })
    .await;
    assert_eq!(client.playlist(id).await.videos.len(), list.videos.len());
    let retried = client.post(&format!("/api/youtube/playlist/retry/{id}"), &json!({})).await;
    retried.expect(202);
    wait_until("it grows again", || async {
        client.playlist(id).await.videos.len() > list.videos.len()
    })
    .await;
    client.delete(&format!("/api/youtube/playlist/{id}")).await.expect(200);
    stack.stop().await;
}

async fn info(client: &Client, body: Value) -> PlaylistInfo {
    client.post("/api/youtube/playlist/info", &body).await.expect(200).json()
}

async fn cancel(client: &Client, id: Uuid) -> Answer {
    client.post(&format!("/api/youtube/playlist/cancel/{id}"), &json!({})).await
}

fn assert_consistent(list: &Playlist) {
    let count = |status| {
        u64::try_from(list.videos.iter().filter(|item| item.status == status).count()).unwrap()
    };
    assert_eq!(list.completed, count(Status::Completed));
    assert_eq!(list.failed, count(Status::Failed));
    assert_eq!(list.cancelled, count(Status::Cancelled));
}
