use http::StatusCode;
use serde_json::{Value, json};
use standin::scenarios;

use crate::client::Client;
use crate::stand;

const TOKEN: &str = "/continuationItemRenderer/continuationEndpoint/continuationCommand/token";

#[tokio::test]
async fn a_long_playlist_comes_in_pages_of_a_hundred() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    let id = scenarios::playlist_of(250);
    let first = client.post("/youtubei/v1/browse", &json!({ "browseId": format!("VL{id}") })).await;
    let mut items = first
        .json()
        .pointer(
            "/contents/twoColumnBrowseResultsRenderer/tabs/0/tabRenderer/content\
             /sectionListRenderer/contents/0/itemSectionRenderer/contents/0\
             /playlistVideoListRenderer/contents",
        )
        .unwrap()
        .clone();
    let mut sizes = Vec::new();
    loop {
        let page = items.as_array().unwrap();
        sizes.push(page.iter().filter(|item| item["playlistVideoRenderer"].is_object()).count());
        let Some(token) = page.last().and_then(|item| item.pointer(TOKEN)) else {
            break;
        };
        let next = client.post("/youtubei/v1/browse", &json!({ "continuation": token })).await;
        items = next.json()["onResponseReceivedActions"][0]["appendContinuationItemsAction"]
            ["continuationItems"]
            .clone();
    }
    assert_eq!(sizes, [100, 100, 50]);
    standin.stop().await;
}

#[tokio::test]
async fn a_playlist_that_is_none_says_so() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    for (id, said) in [
        (scenarios::PRIVATE_PLAYLIST, "This playlist is private."),
        (scenarios::UNKNOWN_PLAYLIST, "The playlist does not exist."),
    ] {
        let page = client.get(&format!("/playlist?list={id}")).await;
        assert!(page.text().contains(said), "{id}");
    }
    assert_eq!(client.get("/@nobody").await.status, StatusCode::NOT_FOUND);
    let nonsense = client.post("/youtubei/v1/browse", &json!({ "continuation": "?" })).await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
    standin.stop().await;
}

#[tokio::test]
async fn a_mix_goes_on_wherever_one_is() {
    let standin = stand::start().await;
    let mut client = Client::to(&standin, "www.youtube.com").await;
    let body =
        json!({ "playlistId": "RDOKAY_000001", "videoId": "OKAY_000001", "index": 1_000_000 });
    let answer = client.post("/youtubei/v1/next", &body).await.json();
    let entries: &Value =
        &answer["contents"]["twoColumnWatchNextResults"]["playlist"]["playlist"]["contents"];
    assert_eq!(entries.as_array().unwrap().len(), 25);
    standin.stop().await;
}
