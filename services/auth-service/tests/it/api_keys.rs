use std::fmt::Write as _;

use actix_web::http::StatusCode;
use common_types::{
    ErrorCode,
    account::{ApiKey, ApiKeyScope},
    internal::accounts::ApiKeyVerdict,
    page::Page,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::{
    Caller::{self, Peer, Token},
    Fixture,
};

async fn create(fixture: &Fixture, token: &str, body: Value) -> ApiKey {
    let answer = fixture.post(Token(token), "api-keys", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.read()
}

async fn list(fixture: &Fixture, token: &str) -> Vec<ApiKey> {
    fixture.get(Token(token), "api-keys").await.read::<Page<ApiKey>>().items
}

/// What a gateway asks: by the digest of the whole key.
fn lookup(key: &str) -> Value {
    let mut hex = String::new();
    for byte in Sha256::digest(key.as_bytes()) {
        write!(hex, "{byte:02x}").unwrap();
    }
    json!({ "key_hash": hex })
}

#[actix_web::test]
async fn a_key_is_shown_once_and_verifies_for_the_gateway() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    let made = create(&fixture, &token, json!({ "name": " laptop " })).await;
    let key = made.key.clone().unwrap();
    assert!(key.starts_with("mgp_") && key.starts_with(&made.prefix));
    assert_eq!((made.name.as_str(), made.expires_at), ("laptop", None));
    let listed = list(&fixture, &token).await;
    assert_eq!(listed, [ApiKey { key: None, ..made.clone() }]);
    let verdict: ApiKeyVerdict =
        fixture.post(Peer, "/internal/api-keys/verify", lookup(&key)).await.read();
    assert_eq!((verdict.id, verdict.user.id), (made.id, ada));
    assert_eq!(verdict.scopes, [ApiKeyScope::Read, ApiKeyScope::Download]);
    assert!(list(&fixture, &token).await[0].last_used_at.is_some());
}

#[actix_web::test]
async fn a_deleted_key_is_refused_and_announced() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let made = create(&fixture, &token, json!({ "name": "laptop" })).await;
    let path = format!("api-keys/{}", made.id);
    assert_eq!(fixture.delete(Token(&token), &path).await.status, StatusCode::OK);
    assert_eq!(fixture.revoked().await, [made.id.to_string()]);
    let refused = fixture.post(Peer, "/internal/api-keys/verify", lookup(&made.key.unwrap()));
    refused.await.refused(ErrorCode::Unauthenticated);
    fixture.delete(Token(&token), &path).await.refused(ErrorCode::NotFound);
    assert!(list(&fixture, &token).await.is_empty());
}

#[actix_web::test]
async fn a_key_expires_when_it_was_said_to() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let made = create(&fixture, &token, json!({ "name": "ci", "expires_in_days": 30 })).await;
    let lasts = made.expires_at.unwrap().since(made.created_at).as_secs_f64();
    assert!((lasts / 86_400.0 - 30.0).abs() < 0.01, "{lasts}");
}

#[actix_web::test]
async fn a_wrong_name_or_duration_is_refused() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    for (body, pointer) in [
        (json!({}), "/name"),
        (json!({ "name": " " }), "/name"),
        (json!({ "name": "x".repeat(101) }), "/name"),
        (json!({ "name": "a\nb" }), "/name"),
        (json!({ "name": "x", "expires_in_days": 0 }), "/expires_in_days"),
        (json!({ "name": "x", "expires_in_days": 3651 }), "/expires_in_days"),
        (json!({ "name": "x", "expires_in_days": -1 }), "/expires_in_days"),
        (json!({ "name": "x", "scopes": [] }), "/scopes"),
        (json!({ "name": "x", "scopes": "read" }), "/scopes"),
        (json!({ "name": "x", "scopes": ["root"] }), "/scopes/0"),
    ] {
        let refused = fixture.post(Token(&token), "api-keys", body).await;
        assert_eq!(refused.refused(ErrorCode::InvalidRequest).errors[0].pointer, pointer);
    }
}

#[actix_web::test]
async fn another_users_key_is_not_found() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("ada").await;
    let (_, bobs) = fixture.member("bob").await;
    let made = create(&fixture, &token, json!({ "name": "laptop" })).await;
    let refused = fixture.delete(Token(&bobs), &format!("api-keys/{}", made.id)).await;
    refused.refused(ErrorCode::NotFound);
    assert!(list(&fixture, &bobs).await.is_empty());
}

#[actix_web::test]
async fn a_key_makes_and_deletes_no_keys_whatever_its_scopes() {
    let fixture = Fixture::start().await;
    let (ada, token) = fixture.member("ada").await;
    let made = create(&fixture, &token, json!({ "name": "laptop" })).await;
    let key = Caller::ApiKey(ada, ApiKeyScope::ALL);
    let another = fixture.post(key, "api-keys", json!({ "name": "another" })).await;
    another.refused(ErrorCode::Forbidden);
    let deleted = fixture.delete(key, &format!("api-keys/{}", made.id)).await;
    deleted.refused(ErrorCode::Forbidden);
}

#[actix_web::test]
async fn a_key_may_do_what_it_was_made_for_and_shows_it() {
    let fixture = Fixture::start().await;
    let (_, token) = fixture.member("admin").await;
    for (asked, given) in [
        (json!(["read"]), vec![ApiKeyScope::Read]),
        (json!(["download", "read", "download"]), vec![ApiKeyScope::Read, ApiKeyScope::Download]),
        (json!(["admin"]), vec![ApiKeyScope::Admin]),
    ] {
        let made = create(&fixture, &token, json!({ "name": "x", "scopes": asked })).await;
        assert_eq!(made.scopes, given);
        assert_eq!(list(&fixture, &token).await[0].scopes, given);
        let verify = fixture.post(Peer, "/internal/api-keys/verify", lookup(&made.key.unwrap()));
        assert_eq!(verify.await.read::<ApiKeyVerdict>().scopes, given);
    }
}

#[actix_web::test]
async fn only_an_admin_gives_the_scope_of_admins() {
    let fixture = Fixture::start().await;
    fixture.member("admin").await;
    let (_, bobs) = fixture.member("bob").await;
    let asked = json!({ "name": "x", "scopes": ["read", "admin"] });
    fixture.post(Token(&bobs), "api-keys", asked).await.refused(ErrorCode::Forbidden);
    assert!(list(&fixture, &bobs).await.is_empty());
}
