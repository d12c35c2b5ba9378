use actix_web::http::{Method, StatusCode};
use common_types::ErrorCode;
use serde_json::{Value, json};

use crate::fixture::{
    Caller::{Anonymous, Outsider, Peer, Token},
    Fixture,
};

const FOR_USERS: [(Method, &str); 11] = [
    (Method::POST, "logout"),
    (Method::GET, "profile"),
    (Method::GET, "activity"),
    (Method::POST, "password"),
    (Method::GET, "sessions"),
    (Method::DELETE, "sessions/00000000-0000-4000-8000-000000000000"),
    (Method::GET, "api-keys"),
    (Method::POST, "api-keys"),
    (Method::DELETE, "api-keys/00000000-0000-4000-8000-000000000000"),
    (Method::GET, "users"),
    (Method::PATCH, "users/1"),
];

#[actix_web::test]
async fn nothing_but_health_and_keys_is_answered_without_the_gateway() {
    let fixture = Fixture::start().await;
    let for_anyone =
        [(Method::POST, "register"), (Method::POST, "login"), (Method::POST, "verify")];
    for caller in [Outsider, Peer] {
        for (method, path) in FOR_USERS.into_iter().chain(for_anyone.clone()) {
            let refused = fixture.call(caller, method, path, Some(json!({}))).await;
            refused.refused(ErrorCode::Unauthenticated);
        }
    }
    let health = fixture.get(Outsider, "health").await;
    assert_eq!(
        health.body,
        json!({ "status": "healthy", "service": "auth-server", "registration": "first_account" })
    );
    let keys = fixture.get(Outsider, ".well-known/jwks.json").await;
    assert_eq!(keys.header("cache-control"), "public, max-age=60");
    let key = &keys.body["keys"][0];
    assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert_eq!((&key["use"], &key["d"]), (&json!("sig"), &Value::Null));
}

#[actix_web::test]
async fn what_is_for_users_needs_one() {
    let fixture = Fixture::start().await;
    for (method, path) in FOR_USERS {
        let refused = fixture.call(Anonymous, method, path, Some(json!({}))).await;
        refused.refused(ErrorCode::Unauthenticated);
    }
}

#[actix_web::test]
async fn internal_routes_are_for_peers_alone() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let lookup = json!({ "key_hash": "x" });
    for caller in [Outsider, Anonymous, Token(&token)] {
        let feed = fixture.get(caller, "/internal/revocations?after=0").await;
        feed.refused(ErrorCode::Unauthenticated);
        let verdict = fixture.post(caller, "/internal/api-keys/verify", lookup.clone()).await;
        verdict.refused(ErrorCode::Unauthenticated);
    }
    assert_eq!(fixture.get(Peer, "/internal/revocations").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_wrong_method_path_query_or_body_is_a_problem() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let wrong = fixture.get(Anonymous, "login").await;
    assert_eq!(wrong.header("allow"), "POST");
    wrong.refused(ErrorCode::MethodNotAllowed);
    fixture.get(Anonymous, "nothing").await.refused(ErrorCode::NotFound);
    let query = fixture.get(Token(&token), "activity?limit=x").await;
    query.refused(ErrorCode::InvalidRequest);
    let cursor = fixture.get(Token(&token), "activity?cursor=nonsense").await;
    cursor.refused(ErrorCode::InvalidRequest);
    let no_body = fixture.call(Anonymous, Method::POST, "login", None).await;
    no_body.refused(ErrorCode::UnsupportedMediaType);
}

#[actix_web::test]
async fn the_service_is_ready_while_the_database_is() {
    let mut fixture = Fixture::start().await;
    assert_eq!(fixture.get(Outsider, "/readyz").await.status, StatusCode::OK);
    fixture.stop_database().await;
    let unready = fixture.get(Outsider, "/readyz").await;
    assert_eq!(unready.body["failing"], "db-service");
    unready.refused(ErrorCode::Unavailable);
    let unavailable = fixture.post(Anonymous, "login", crate::fixture::login("ada", "x")).await;
    assert_eq!(unavailable.header("retry-after"), "2");
    unavailable.refused(ErrorCode::Unavailable);
}
