use actix_web::http::StatusCode;
use common_types::{ErrorCode, account::ApiKeyScope};
use serde_json::{Value, json};

use crate::fixture::{
    Caller::{Anonymous, ApiKey, Token},
    Fixture,
};

#[actix_web::test]
async fn verify_says_whose_the_credential_is_and_until_when() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    let answer = fixture.post(Token(&token), "verify", Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.body["valid"], &answer.body["user"]["id"]), (&json!(true), &json!(ada)));
    let exp = common_types::Timestamp::from_seconds(fixture.claims(&token).await.exp);
    assert_eq!(answer.body["expires_at"], exp.to_string());
}

#[actix_web::test]
async fn verify_without_a_credential_is_not_valid() {
    let fixture = Fixture::start().await;
    let answer = fixture.post(Anonymous, "verify", Value::Null).await;
    assert_eq!(answer.body["valid"], false);
    answer.refused(ErrorCode::Unauthenticated);
}

#[actix_web::test]
async fn a_session_that_was_logged_out_is_announced_and_no_longer_valid() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let other = fixture.log_in("ada").await;
    let out = fixture.post(Token(&token), "logout", Value::Null).await;
    assert_eq!((out.status, &out.body["success"]), (StatusCode::OK, &json!(true)));
    let cleared = "magpie_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
    assert_eq!(out.header("set-cookie"), cleared);
    assert_eq!(fixture.revoked().await, [fixture.session_of(&token).await]);
    let refused = fixture.post(Token(&token), "verify", Value::Null).await;
    assert_eq!(refused.body["valid"], false);
    refused.refused(ErrorCode::TokenRevoked);
    assert_eq!(fixture.post(Token(&other), "verify", Value::Null).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn logging_out_twice_is_no_error_and_is_announced_once() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    for _ in 0..2 {
        let out = fixture.post(Token(&token), "logout", Value::Null).await;
        assert_eq!(out.status, StatusCode::OK);
    }
    assert_eq!(fixture.revoked().await.len(), 1);
}

#[actix_web::test]
async fn an_api_key_verifies_but_cannot_be_logged_out() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    let key = ApiKey(ada, &[ApiKeyScope::Read]);
    let verified = fixture.post(key, "verify", Value::Null).await;
    assert_eq!(
        (&verified.body["valid"], &verified.body["expires_at"]),
        (&json!(true), &Value::Null)
    );
    fixture.post(key, "logout", Value::Null).await.refused(ErrorCode::Forbidden);
}
