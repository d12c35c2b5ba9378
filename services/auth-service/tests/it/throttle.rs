//! Guessing passwords is slowed down by account, and the owner is not locked out.

use actix_web::http::StatusCode;
use common_types::ErrorCode;
use serde_json::{Value, json};

use crate::fixture::{
    Answer,
    Caller::{Anonymous, AnonymousAt, Token},
    Fixture, PASSWORD, login,
};

async fn guess(fixture: &Fixture, name: &str, from: u8) -> Answer {
    let address = AnonymousAt([203, 0, 113, from]);
    fixture.post(address, "login", login(name, "wrong password")).await
}

#[actix_web::test]
async fn many_guesses_are_refused_and_the_owner_gets_in_all_the_same() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let mut refusals: Vec<Vec<Value>> = Vec::new();
    for name in ["ada", "nobody"] {
        for from in 0..20 {
            guess(&fixture, name, from).await.refused(ErrorCode::InvalidCredentials);
        }
        let before = fixture.hasher.runs();
        let mut refused = Vec::new();
        for from in 20..23 {
            let mut answer = guess(&fixture, name, from).await;
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=30).contains(&wait), "{wait}");
            answer.body["request_id"] = Value::Null;
            refused.push(answer.body.clone());
            answer.refused(ErrorCode::RateLimited);
        }
        assert_eq!(fixture.hasher.runs(), before, "what is throttled costs no hash");
        refusals.push(refused);
    }
    // Nobody learns from it which account there is.
    assert_eq!(refusals[0], refusals[1]);
    // The right password does not help a stranger, and its owner is not kept waiting.
    let right = fixture.post(AnonymousAt([203, 0, 113, 99]), "login", login("ada", PASSWORD)).await;
    right.refused(ErrorCode::RateLimited);
    let owner = fixture.post(Anonymous, "login", login("ada", PASSWORD)).await;
    assert_eq!(owner.status, StatusCode::OK, "{}", owner.body);
}

#[actix_web::test]
async fn a_throttle_survives_a_restart() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    for from in 0..20 {
        guess(&fixture, "ada", from).await.refused(ErrorCode::InvalidCredentials);
    }
    let fixture = fixture.restart().await;
    guess(&fixture, "ada", 21).await.refused(ErrorCode::RateLimited);
}

#[actix_web::test]
async fn a_stolen_session_does_not_serve_to_guess_the_password() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let change = |current: &str| json!({ "current_password": current, "new_password": "an even better one" });
    for _ in 0..20 {
        let refused = fixture.post(Token(&token), "password", change("wrong password")).await;
        refused.refused(ErrorCode::InvalidCredentials);
    }
    let refused = fixture.post(Token(&token), "password", change(PASSWORD)).await;
    refused.refused(ErrorCode::RateLimited);
    fixture.log_in("ada").await;
}
