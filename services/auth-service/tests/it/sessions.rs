use actix_web::http::StatusCode;
use common_types::{
    ErrorCode,
    account::{ApiKeyScope, Session},
    page::Page,
};
use serde_json::Value;

use crate::fixture::{
    Caller::{ApiKey, Token},
    Fixture,
};

async fn list(fixture: &Fixture, token: &str) -> Vec<Session> {
    fixture.get(Token(token), "sessions").await.read::<Page<Session>>().items
}

#[actix_web::test]
async fn the_sessions_in_force_are_listed_newest_first_and_the_own_one_is_marked() {
    let fixture = Fixture::start().await;
    let (_, old) = fixture.member("ada").await;
    let new = fixture.log_in("ada").await;
    fixture.member("bob").await;
    let sessions = list(&fixture, &old).await;
    let found: Vec<_> = sessions.iter().map(|s| (s.id.to_string(), s.current)).collect();
    let expected =
        [(fixture.session_of(&new).await, false), (fixture.session_of(&old).await, true)];
    assert_eq!(found, expected);
}

#[actix_web::test]
async fn an_ended_session_is_announced_and_gone_from_the_list() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let other = fixture.session_of(&fixture.log_in("ada").await).await;
    let ended = fixture.delete(Token(&token), &format!("sessions/{other}")).await;
    assert_eq!(ended.status, StatusCode::OK);
    assert_eq!(fixture.revoked().await, [other]);
    assert_eq!(list(&fixture, &token).await.len(), 1);
}

#[actix_web::test]
async fn what_is_no_session_of_the_user_is_not_found() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let (_, bobs) = fixture.member("bob").await;
    let bobs_session = fixture.session_of(&bobs).await;
    for id in [bobs_session.as_str(), "00000000-0000-4000-8000-000000000000", "x"] {
        let refused = fixture.delete(Token(&token), &format!("sessions/{id}")).await;
        refused.refused(ErrorCode::NotFound);
    }
    assert_eq!(fixture.post(Token(&bobs), "verify", Value::Null).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn an_api_key_sees_sessions_but_ends_none() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    let key = ApiKey(ada, &[ApiKeyScope::Read]);
    let sessions = fixture.get(key, "sessions").await.read::<Page<Session>>().items;
    assert!(sessions.iter().all(|session| !session.current));
    let session = fixture.session_of(&token).await;
    let refused = fixture.delete(key, &format!("sessions/{session}")).await;
    refused.refused(ErrorCode::Forbidden);
}
