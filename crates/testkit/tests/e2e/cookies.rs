//! A user's cookies for the site: what they open, for whom, and that nobody can read them again.

use std::{fs, path::Path};

use awc::http::Method;
use common_types::{
    cookies::{CookieState, MAX_COOKIES_BYTES},
    download::Status,
};
use serde_json::{Value, json};
use testkit::{
    Answer, Client, Database, TestStack,
    standin::scenarios::{FRIENDS, FRIENDS_COOKIE},
};

const PATH: &str = "/api/youtube/cookies";

crate::on_both_databases!(cookies_open_a_video_for_their_owner_alone);

fn file() -> String {
    let (name, value) = FRIENDS_COOKIE;
    format!(
        "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\t{name}\t{value}\n\
         .google.com\tTRUE\t/\tTRUE\t4102444800\tSID\tthe-whole-account\n"
    )
}

async fn give(client: &Client) -> CookieState {
    client.put_text(PATH, "text/plain; charset=utf-8", &file()).await.expect(200).json()
}

async fn info(client: &Client, number: u32) -> Answer {
    client.post("/api/youtube/single/info", &json!({ "url": FRIENDS.url(number) })).await
}

async fn cookies_open_a_video_for_their_owner_alone(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let friend = stack.client().sign_up("friend").await;
    let other = stack.client().sign_up("other").await;
    let refused = info(&friend, 1).await;
    assert_eq!(refused.code(), (422, "private_video".to_owned()));
    assert!(refused.text().contains("add your cookies"), "{}", refused.text());

    let state = give(&friend).await;
    assert!(state.has_cookies);
    assert_eq!((state.domains.len(), state.dropped), (1, Some(1)));
    let seen = info(&friend, 1).await.expect(200).json::<Value>();
    assert_eq!(seen["title"], FRIENDS.video(1).title());
    // What one has seen is not told to another, be it remembered or not.
    for number in [1, 2] {
        assert_eq!(info(&other, number).await.code(), (422, "private_video".to_owned()));
    }
    let request = |number: u32| json!({ "url": FRIENDS.url(number), "quality": "360p" });
    let [theirs, unseen] = [other.download(&request(1)).await, other.download(&request(3)).await];
    let own = friend.download(&request(1)).await;
    friend.completed(own).await;
    friend.file(own).await.expect(200);
    for id in [theirs, unseen] {
        let download = other.ended(id).await;
        assert_eq!(download.status, Status::Failed);
        assert_eq!(download.title, None, "the title is the friends'");
    }
    assert_eq!(other.get(PATH).await.expect(200).json::<CookieState>().domains, []);
    assert_eq!(files_with(FRIENDS_COOKIE.1, &stack.data_dir()), [""; 0]);
    assert_eq!(files_with("the-whole-account", &stack.data_dir()), [""; 0]);

    other.delete(PATH).await.expect(200);
    let stack = stack.restart().await;
    let friend = stack.client().sign_in("friend").await;
    assert!(friend.get(PATH).await.expect(200).json::<CookieState>().has_cookies);
    info(&friend, 4).await.expect(200);
    friend.delete(PATH).await.expect(200);
    assert!(!friend.get(PATH).await.expect(200).json::<CookieState>().has_cookies);
    // Also what was seen with them is gone.
    assert_eq!(info(&friend, 4).await.code(), (422, "private_video".to_owned()));
    stack.stop().await;
}

/// The files below `place` that hold `text` somewhere.
fn files_with(text: &str, place: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(text, &path));
        } else if let Ok(content) = fs::read(&path)
            && content.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[actix_web::test]
async fn cookies_go_in_and_never_come_out() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("baker").await;
    let put = async |media_type: &str, text: &str| {
        let answer = client.put_text(PATH, media_type, text).await;
        assert!(!answer.text().contains(FRIENDS_COOKIE.1), "{}", answer.text());
        answer
    };
    let as_json = json!({ "cookies": file() }).to_string();
    for (media_type, text) in [("text/plain", file()), ("application/json", as_json)] {
        let state: CookieState = put(media_type, &text).await.expect(200).json();
        assert_eq!((state.has_cookies, state.dropped), (true, Some(1)));
        assert_eq!((state.domains[0].domain.as_str(), state.domains[0].count), ("youtube.com", 1));
        let told = client.get(PATH).await.expect(200);
        assert!(!told.text().contains(FRIENDS_COOKIE.1));
        let told: CookieState = told.json();
        assert_eq!((told.domains, told.updated_at), (state.domains, state.updated_at));
    }
    let bad = put("text/plain", &format!("{}no cookie\n", file())).await;
    assert_eq!(bad.code(), (400, "invalid_request".to_owned()));
    assert_eq!(bad.problem().errors[0].pointer, "/cookies");
    assert!(bad.problem().errors[0].detail.starts_with("Line 4 "), "{}", bad.text());
    let large = "# padding\n".repeat(MAX_COOKIES_BYTES / 10 + 1);
    let large_json = json!({ "cookies": large }).to_string();
    for (media_type, text, status, code) in [
        ("text/plain", "", 400, "invalid_request"),
        ("text/plain", ".google.com\tTRUE\t/\tTRUE\t0\tSID\tx", 400, "invalid_request"),
        ("text/plain", &large, 413, "payload_too_large"),
        ("application/json", &large_json, 413, "payload_too_large"),
        ("application/json", "{}", 400, "invalid_request"),
        ("application/json", "{", 400, "invalid_json"),
        ("text/html", "x", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "cookies=x", 415, "unsupported_media_type"),
    ] {
        assert_eq!(put(media_type, text).await.code(), (status, code.to_owned()), "{media_type}");
    }
    let state: CookieState = client.get(PATH).await.expect(200).json();
    assert!(state.has_cookies, "what is refused leaves what was there");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = client.anonymous().send(method, PATH, &[], None).await;
        assert_eq!(answer.code(), (401, "unauthenticated".to_owned()));
    }
    stack.stop().await;
}
