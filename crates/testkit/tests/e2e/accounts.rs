//! Accounts through the gateway.

use std::time::Duration;

use common_types::account::{LoggedIn, Role};
use serde_json::{Value, json};
use testkit::{Database, TestStack, wait_until};

crate::on_both_databases!(
    the_first_account_is_admin_and_names_are_unique_without_case,
    a_logout_holds_everywhere_also_after_a_restart,
    a_new_password_ends_every_other_session,
);

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
