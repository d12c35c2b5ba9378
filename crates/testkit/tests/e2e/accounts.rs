//! Accounts through the gateway.

use std::{
    ffi::OsString,
    time::{Duration, Instant},
};

use common_types::account::{LoggedIn, Role};
use serde_json::{Value, json};
use service_kit::{Config, Running, config::Sources};
use testkit::{
    Client, Database, TestStack,
    standin::scenarios::{OKAY, playlist_of, playlist_url},
    wait_until,
};

crate::on_both_databases!(
    the_first_account_is_admin_and_names_are_unique_without_case,
    a_logout_holds_everywhere_also_after_a_restart,
    a_new_password_ends_every_other_session,
    what_ends_at_one_gateway_ends_at_the_other_within_two_seconds,
    what_a_user_deletes_and_cookies_are_noted_with_the_address,
);

/// A further gateway before the services of the stack.
async fn another_gateway(stack: &TestStack) -> Running {
    let data = stack.data_dir().display().to_string();
    let [auth, youtube, database] = stack.service_urls().map(|(_, url)| url);
    let settings = [
        ("MAGPIE_DATA_DIR", data),
        ("MAGPIE_GATEWAY_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_AUTH_URL", auth),
        ("MAGPIE_YOUTUBE_URL", youtube),
        ("MAGPIE_DB_URL", database),
    ];
    let environment = settings.map(|(key, value)| (OsString::from(key), OsString::from(value)));
    let config = Config::load(&Sources::read(environment, [], &[]).unwrap()).unwrap();
    gateway::start(config).await.unwrap()
}

async fn what_ends_at_one_gateway_ends_at_the_other_within_two_seconds(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let admin = stack.client().sign_up("admin").await;
    let user = stack.client().sign_up("user").await;
    let gateway = another_gateway(&stack).await;
    let there = |client: &Client| Client::new(gateway.url()).with_token(client.token().unwrap());
    let key = json!({ "name": "x" });
    let key = user.post("/api/auth/api-keys", &key).await.expect(201).json::<Value>();
    let key = user.with_token(key["key"].as_str().unwrap());
    let (leaver, stayer) =
        (stack.client().sign_in("user").await, stack.client().sign_in("user").await);
    for client in [&user, &key, &leaver, &stayer] {
        there(client).get("/api/auth/profile").await.expect(200);
    }

    leaver.post("/api/auth/logout", &json!({})).await.expect(200);
    refused_soon(&there(&leaver)).await;
    let sessions = user.get("/api/auth/sessions").await.expect(200).json::<Value>();
    let newest = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    user.delete(&format!("/api/auth/sessions/{newest}")).await.expect(200);
    refused_soon(&there(&stayer)).await;

    let path = format!("/api/auth/users/{}", user.whoami().await.id);
    let patch = async |body: Value| {
        admin.send(awc::http::Method::PATCH, &path, &[], Some(&body)).await.expect(200);
    };
    // A role counts from the next request on, and so does its loss.
    patch(json!({ "role": "admin" })).await;
    there(&user).get("/api/auth/users").await.expect(200);
    patch(json!({ "role": "user" })).await;
    there(&user).get("/api/auth/users").await.expect(403);
    there(&key).get("/api/auth/profile").await.expect(200);
    patch(json!({ "is_active": false })).await;
    refused_soon(&there(&user)).await;
    refused_soon(&there(&key)).await;

    let log = admin.get("/api/auth/audit").await.expect(200).json::<Value>();
    let first = &log["items"][0];
    assert_eq!((&first["action"], &first["actor"]), (&json!("account_disabled"), &json!("admin")));
    assert_eq!(first["address"], "127.0.0.1");
    gateway.stop().await;
    stack.stop().await;
}

async fn what_a_user_deletes_and_cookies_are_noted_with_the_address(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let admin = stack.client().sign_up("admin").await;
    let user = stack.client().sign_up("user").await;
    let single = user.download(&json!({ "url": OKAY.url(70), "quality": "360p" })).await;
    let batch = user.create_batch(&[OKAY.url(71)]).await.batch_id;
    let list = json!({ "url": playlist_url(&playlist_of(1)), "quality": "360p" });
    let playlist = user.create_playlist(&list).await.playlist_id;
    let file = ".youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tv";
    let cookies = "/api/youtube/cookies";
    user.put_text(cookies, "text/plain", file).await.expect(200);
    // Forgetting what is gone is allowed, and nothing to tell of.
    let paths = [
        cookies.to_owned(),
        cookies.to_owned(),
        format!("/api/youtube/single/{single}"),
        format!("/api/youtube/multi/batch/{batch}"),
        format!("/api/youtube/playlist/{playlist}"),
    ];
    for path in &paths {
        let browser = [("user-agent", "a browser")];
        user.send(awc::http::Method::DELETE, path, &browser, None).await.expect(200);
    }
    let log = format!("/api/auth/audit?user_id={}", user.whoami().await.id);
    let log = admin.get(&log).await.expect(200).json::<Value>();
    let told = log["items"].as_array().unwrap().iter().rev().skip(2).map(|event| {
        assert_eq!((&event["actor"], &event["address"]), (&json!("user"), &json!("127.0.0.1")));
        assert_eq!(event["outcome"], "success");
        let agent = event["user_agent"].as_str().unwrap_or("none");
        format!(
            "{} {} {agent}",
            event["action"].as_str().unwrap(),
            event["target"].as_str().unwrap()
        )
    });
    let added = "cookies_added cookies:youtube none".to_owned();
    let deleted = [
        "cookies_deleted cookies:youtube".to_owned(),
        format!("download_deleted download:{single}"),
        format!("batch_deleted batch:{batch}"),
        format!("playlist_deleted playlist:{playlist}"),
    ];
    let deleted = deleted.map(|told| told + " a browser");
    assert_eq!(told.collect::<Vec<_>>(), [vec![added], deleted.to_vec()].concat());
    stack.stop().await;
}

async fn refused_soon(client: &Client) {
    let begun = Instant::now();
    while client.get("/api/auth/profile").await.status < 400 {
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn the_first_account_is_admin_and_names_are_unique_without_case(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let first = stack.client().sign_up("First").await;
    let second = stack.client().sign_up("second").await;
    assert_eq!(first.whoami().await.role, Role::Admin);
    assert_eq!(second.whoami().await.role, Role::User);
    let taken = json!({
        "username": "FIRST", "email": "new@example.test", "password": "correct horse battery",
    });
    let answer = first.anonymous().post("/api/auth/register", &taken).await;
    assert_eq!(answer.code(), (409, "already_exists".to_owned()));
    first.post("/api/database/init", &json!({})).await.expect(200);
    first.post("/api/database/init", &json!({})).await.expect(200);
    let refused = second.post("/api/database/init", &json!({})).await;
    assert_eq!(refused.code(), (403, "forbidden".to_owned()));
    stack.client().get("/api/database/health").await.expect(200);
    stack.stop().await;
}

async fn a_logout_holds_everywhere_also_after_a_restart(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("leaver").await;
    let other = stack.client().sign_in("leaver").await;
    client.post("/api/auth/logout", &json!({})).await.expect(200);
    wait_until("the token is refused", || async {
        client.get("/api/auth/profile").await.status == 401
    })
    .await;
    let refused = client.get("/api/auth/profile").await;
    assert_eq!(refused.code(), (401, "token_revoked".to_owned()));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    other.get("/api/auth/profile").await.expect(200);
    let verify = client.post("/api/auth/verify", &json!({})).await.expect(401);
    assert_eq!(verify.json::<Value>()["valid"], false);
    let (token, other_token) =
        (client.token().unwrap().to_owned(), other.token().unwrap().to_owned());
    let stack = stack.restart().await;
    let again = stack.client().with_token(token).get("/api/auth/profile").await;
    assert_eq!(again.code(), (401, "token_revoked".to_owned()));
    stack.client().with_token(other_token).get("/api/auth/profile").await.expect(200);
    stack.stop().await;
}

async fn a_new_password_ends_every_other_session(database: Database) {
    let stack = TestStack::builder().database(database).start().await;
    let client = stack.client().sign_up("changer").await;
    let other = stack.client().sign_in("changer").await;
    let change = json!({
        "current_password": "correct horse battery staple", "new_password": "a new long pass phrase",
    });
    client.post("/api/auth/password", &change).await.expect(200);
    wait_until("the other session ends", || async {
        other.get("/api/auth/profile").await.status == 401
    })
    .await;
    client.get("/api/auth/profile").await.expect(200);
    let old = json!({ "username": "changer", "password": "correct horse battery staple" });
    let refused = stack.client().post("/api/auth/login", &old).await;
    assert_eq!(refused.code(), (401, "invalid_credentials".to_owned()));
    stack.stop().await;
}

#[actix_web::test]
async fn a_token_expires() {
    let stack = TestStack::builder().set("JWT_TTL_SECONDS", 2).start().await;
    let client = stack.client().sign_up("sleeper").await;
    client.get("/api/auth/profile").await.expect(200);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let answer = client.get("/api/auth/profile").await;
    assert_eq!(answer.code(), (401, "token_expired".to_owned()));
    stack.stop().await;
}

#[actix_web::test]
async fn the_session_cookie_works_like_the_token_but_not_across_sites() {
    let stack = TestStack::builder().start().await;
    let client = stack.client().sign_up("browser").await;
    let login =
        json!({ "login": "browser@example.test", "password": "correct horse battery staple" });
    let answer = stack.client().post("/api/auth/login", &login).await.expect(200);
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(answer.json::<LoggedIn>().expires_in > 600_000);
    let pair = cookie.split(';').next().unwrap();
    let anonymous = client.anonymous();
    anonymous.get_with("/api/auth/profile", &[("cookie", pair)]).await.expect(200);
    let post = async |headers: &[(&str, &str)]| {
        let method = awc::http::Method::POST;
        let body = json!({ "url": "https://vimeo.com/1" });
        anonymous.send(method, "/api/youtube/single/download", headers, Some(&body)).await
    };
    let foreign = post(&[("cookie", pair), ("origin", "https://evil.test")]).await;
    assert_eq!(foreign.code(), (403, "csrf".to_owned()));
    let unnamed = post(&[("cookie", pair)]).await;
    assert_eq!(unnamed.code(), (403, "csrf".to_owned()));
    let own = post(&[("cookie", pair), ("origin", stack.url().as_str())]).await;
    assert_eq!(own.code(), (400, "unsupported_url".to_owned()));
    stack.stop().await;
}

#[actix_web::test]
async fn a_key_does_what_it_was_made_for_and_nothing_else() {
    let stack = TestStack::builder().start().await;
    let admin = stack.client().sign_up("admin").await;
    let cases: Vec<Case> = include_str!("scopes.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(Case::read)
        .collect();
    let mut wrong = Vec::new();
    for (column, scope) in ["read", "download", "admin"].into_iter().enumerate() {
        let made = json!({ "name": scope, "scopes": [scope] });
        let made = admin.post("/api/auth/api-keys", &made).await.expect(201).json::<Value>();
        let key = admin.with_token(made["key"].as_str().unwrap());
        for case in &cases {
            let method = case.method.parse().unwrap();
            let body = (case.method != "GET").then_some(&case.body);
            let answer = key.send(method, case.path, &[], body).await;
            let is_allowed = answer.status != 403;
            if is_allowed != case.allowed[column] || answer.status >= 500 {
                wrong.push(format!("{scope}: {} {}: {}", case.method, case.path, answer.status));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    stack.stop().await;
}

/// A line of `scopes.txt`.
struct Case {
    method: &'static str,
    path: &'static str,
    /// With `read`, with `download`, with `admin`.
    allowed: [bool; 3],
    /// One that is well-formed: what is not is refused before anyone asks who may.
    body: Value,
}

impl Case {
    fn read(line: &'static str) -> Self {
        let words: Vec<&str> = line.splitn(6, ' ').collect();
        let [method, path, read, download, admin] = words[..5] else { panic!("{line}") };
        let allowed = [read, download, admin].map(|word| word == "yes");
        let body =
            words.get(5).map_or_else(|| json!({}), |json| serde_json::from_str(json).unwrap());
        Self { method, path, allowed, body }
    }
}
