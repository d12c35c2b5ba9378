use actix_web::http::{Method, StatusCode};
use common_types::{
    ErrorCode,
    account::Role,
    internal::{
        accounts::{Account, AccountPatch},
        audit::Act,
    },
};
use serde_json::{Value, json};

use crate::fixture::{ADDRESS, BROWSER, Caller::Anonymous, Fixture, PASSWORD, login};

async fn store(fixture: &Fixture, user_id: i64, hash: &str) -> Account {
    let patch = AccountPatch { password_hash: Some(hash.to_owned()), ..AccountPatch::default() };
    fixture.db.patch_account(user_id, &patch).await.unwrap()
}

async fn disable(fixture: &Fixture, user_id: i64) {
    let patch = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
    fixture.db.acting(&admin()).patch_account(user_id, &patch).await.unwrap();
}

/// The first account of each test.
fn admin() -> Act {
    Act { actor: Some(1), ..Act::default() }
}

#[actix_web::test]
async fn a_login_answers_a_token_that_the_published_keys_verify() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("Ada").await;
    let answer = fixture.post(Anonymous, "login", login("ada", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = &answer.body;
    assert_eq!((&body["success"], &body["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!(body["expires_in"], 604_800);
    let user = json!({
        "id": ada, "username": "Ada", "email": "Ada@example.org", "role": Role::Admin,
    });
    assert_eq!(body["user"], user);
    let claims = fixture.claims(body["token"].as_str().unwrap()).await;
    assert_eq!((claims.iss.as_str(), claims.aud.as_str()), ("magpie", "magpie-api"));
    assert_eq!(claims.user_id(), Some(ada));
    assert_eq!(claims.exp - claims.iat, 604_800);
    let session = fixture.db.session(ada, claims.sid.parse().unwrap()).await.unwrap();
    assert_eq!(session.token_id.to_string(), claims.jti);
    assert_eq!(session.expires_at.as_seconds(), claims.exp);
    assert_eq!(session.user_agent.as_deref(), Some(BROWSER));
    assert_eq!(session.address, Some(std::net::IpAddr::from(ADDRESS).to_string()));
}

#[actix_web::test]
async fn every_login_is_a_session_of_its_own() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let (one, other) = (fixture.log_in("ada").await, fixture.log_in("ada").await);
    let (one, other) = (fixture.claims(&one).await, fixture.claims(&other).await);
    assert_ne!((one.sid, one.jti), (other.sid, other.jti));
}

#[actix_web::test]
async fn an_account_is_named_by_username_email_or_login_without_case() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    for (field, name) in [
        ("username", "Ada"),
        ("email", "ADA@example.org"),
        ("login", "ada"),
        ("login", " ada@EXAMPLE.org "),
    ] {
        let request = json!({ field: name, "password": PASSWORD });
        let answer = fixture.post(Anonymous, "login", request).await;
        assert_eq!(answer.status, StatusCode::OK, "{field}: {}", answer.body);
    }
    let with_blank = json!({ "username": "ada", "email": "", "login": null, "password": PASSWORD });
    assert_eq!(fixture.post(Anonymous, "login", with_blank).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn no_name_or_several_names_or_no_password_is_refused() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    for (request, pointer) in [
        (json!({ "password": PASSWORD }), "/login"),
        (json!({ "username": " ", "password": PASSWORD }), "/login"),
        (json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD }), "/login"),
        (json!({ "login": "ada" }), "/password"),
        (json!({ "login": "ada", "password": "" }), "/password"),
        (json!({ "login": "ada", "password": "x".repeat(1025) }), "/password"),
        (json!({ "login": 7, "password": PASSWORD }), "/login"),
    ] {
        let refused = fixture.post(Anonymous, "login", request).await;
        assert_eq!(refused.refused(ErrorCode::InvalidRequest).errors[0].pointer, pointer);
    }
    assert_eq!(fixture.hasher.runs(), 1);
}

#[actix_web::test]
async fn an_unknown_account_costs_and_answers_as_a_wrong_password() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let mut answers = Vec::new();
    let too_long = "x".repeat(60_000);
    for name in ["ada", "nobody", "nobody@example.org", "no\u{0}body", &too_long] {
        let before = fixture.hasher.runs();
        let mut answer = fixture.post(Anonymous, "login", login(name, "wrong password")).await;
        assert_eq!(fixture.hasher.runs() - before, 1, "{}: {}", name.len(), answer.body);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(!answer.headers.contains_key("set-cookie"));
        answer.body["request_id"] = Value::Null;
        answers.push(answer.body.clone());
        answer.refused(ErrorCode::InvalidCredentials);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[actix_web::test]
async fn that_an_account_is_disabled_is_told_only_to_who_knows_its_password() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let bob = fixture.register("bob").await;
    disable(&fixture, bob).await;
    let wrong = fixture.post(Anonymous, "login", login("bob", "wrong password")).await;
    wrong.refused(ErrorCode::InvalidCredentials);
    let right = fixture.post(Anonymous, "login", login("bob", PASSWORD)).await;
    right.refused(ErrorCode::AccountDisabled);
}

#[actix_web::test]
async fn the_cookie_is_for_this_site_and_no_script() {
    let fixture = Fixture::configured(&[("MAGPIE_JWT_TTL_SECONDS", "3600")]).await;
    fixture.register("ada").await;
    let answer = fixture.post(Anonymous, "login", login("ada", PASSWORD)).await;
    assert_eq!(answer.body["expires_in"], 3600);
    let token = answer.body["token"].as_str().unwrap();
    let plain = "HttpOnly; SameSite=Lax; Path=/; Max-Age=3600";
    assert_eq!(answer.header("set-cookie"), format!("magpie_session={token}; {plain}"));
    let body = Some(login("ada", PASSWORD));
    let secure = fixture.call_over("https", Anonymous, Method::POST, "login", body).await;
    assert!(secure.header("set-cookie").contains("; Secure"), "{}", secure.header("set-cookie"));
}

#[actix_web::test]
async fn a_bcrypt_hash_is_replaced_by_argon2id_at_login() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    let carried_over = bcrypt::hash(PASSWORD, 4).unwrap();
    store(&fixture, ada, &carried_over).await;
    let wrong = fixture.post(Anonymous, "login", login("ada", "wrong password")).await;
    wrong.refused(ErrorCode::InvalidCredentials);
    assert_eq!(fixture.db.account(ada).await.unwrap().password_hash, carried_over);
    fixture.log_in("ada").await;
    let replaced = fixture.db.account(ada).await.unwrap().password_hash;
    assert!(replaced.starts_with("$argon2id$"), "{replaced}");
    fixture.log_in("ada").await;
    assert_eq!(fixture.db.account(ada).await.unwrap().password_hash, replaced);
}

#[actix_web::test]
async fn a_disabled_accounts_hash_is_left_alone() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let bob = fixture.register("bob").await;
    let carried_over = bcrypt::hash(PASSWORD, 4).unwrap();
    store(&fixture, bob, &carried_over).await;
    disable(&fixture, bob).await;
    let refused = fixture.post(Anonymous, "login", login("bob", PASSWORD)).await;
    refused.refused(ErrorCode::AccountDisabled);
    assert_eq!(fixture.db.account(bob).await.unwrap().password_hash, carried_over);
}

#[actix_web::test]
async fn a_stored_hash_that_is_odd_lets_nobody_in_and_breaks_nothing() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    for odd in ["x", "$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$c29tZXNhbHQ", "$2b$31$x"] {
        store(&fixture, ada, odd).await;
        let refused = fixture.post(Anonymous, "login", login("ada", PASSWORD)).await;
        refused.refused(ErrorCode::InvalidCredentials);
    }
}
