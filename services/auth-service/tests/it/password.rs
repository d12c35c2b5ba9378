use actix_web::http::StatusCode;
use common_types::{ErrorCode, account::ApiKeyScope};
use serde_json::{Value, json};

use crate::fixture::{
    Caller::{Anonymous, ApiKey, Token},
    Fixture, PASSWORD, login,
};

const NEW: &str = "staple battery horse";

fn change(current: &str, new: &str) -> Value {
    json!({ "current_password": current, "new_password": new })
}

#[actix_web::test]
async fn a_changed_password_ends_every_other_session_of_the_user_alone() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let (one, two) = (fixture.log_in("ada").await, fixture.log_in("ada").await);
    let (_, bobs) = fixture.member("bob").await;
    let changed = fixture.post(Token(&token), "password", change(PASSWORD, NEW)).await;
    assert_eq!((changed.status, &changed.body["success"]), (StatusCode::OK, &json!(true)));
    let mut ended = [fixture.session_of(&one).await, fixture.session_of(&two).await];
    let mut revoked = fixture.revoked().await;
    ended.sort();
    revoked.sort();
    assert_eq!(revoked, ended);
    for (token, status) in [(&token, 200), (&one, 401), (&two, 401), (&bobs, 200)] {
        let answer = fixture.post(Token(token), "verify", Value::Null).await;
        assert_eq!(answer.status.as_u16(), status);
    }
    let old = fixture.post(Anonymous, "login", login("ada", PASSWORD)).await;
    old.refused(ErrorCode::InvalidCredentials);
    let new = fixture.post(Anonymous, "login", login("ada", NEW)).await;
    assert_eq!(new.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_wrong_current_password_changes_nothing() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let refused = fixture.post(Token(&token), "password", change("wrong password", NEW)).await;
    refused.refused(ErrorCode::InvalidCredentials);
    assert!(fixture.revoked().await.is_empty());
    fixture.log_in("ada").await;
}

#[actix_web::test]
async fn a_new_password_obeys_the_rules_of_the_first() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("adalovelace").await;
    for bad in ["short", "password123", "xxAdaLovelacexx", &"x".repeat(129)] {
        let refused = fixture.post(Token(&token), "password", change(PASSWORD, bad)).await;
        let problem = refused.refused(ErrorCode::InvalidRequest);
        assert_eq!(problem.errors[0].pointer, "/new_password");
    }
}

#[actix_web::test]
async fn an_api_key_cannot_change_the_password() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    let key = ApiKey(ada, ApiKeyScope::ALL);
    let refused = fixture.post(key, "password", change(PASSWORD, NEW)).await;
    refused.refused(ErrorCode::Forbidden);
}
