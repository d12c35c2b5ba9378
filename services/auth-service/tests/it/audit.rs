//! `GET audit`: everything that matters is in it, for administrators alone.

use common_types::{
    ErrorCode,
    account::ApiKeyScope,
    audit::{AuditEvent, AuditOutcome},
    page::Page,
};
use serde_json::json;

use crate::fixture::{
    ADDRESS, BROWSER,
    Caller::{self, Anonymous, AnonymousAt, Token},
    Fixture, login,
};

async fn log(fixture: &Fixture, token: &str, query: &str) -> Vec<AuditEvent> {
    let path = format!("audit?limit=100{query}");
    let mut items = fixture.get(Token(token), &path).await.read::<Page<AuditEvent>>().items;
    items.reverse();
    items
}

#[actix_web::test]
async fn what_matters_is_noted_with_who_did_it_and_from_where() {
    let fixture = Fixture::start().await;
    let (_, admin) = fixture.member("admin").await;
    let (bob, token) = fixture.member("bob").await;
    fixture.post(Anonymous, "login", login("bob", "wrong password")).await;
    fixture.post(AnonymousAt([203, 0, 113, 5]), "login", login("nobody", "wrong password")).await;
    let key = fixture.post(Token(&token), "api-keys", json!({ "name": "laptop" })).await.body;
    let key_path = format!("api-keys/{}", key["id"].as_str().unwrap());
    fixture.delete(Token(&token), &key_path).await;
    let another = fixture.log_in("bob").await;
    let session = fixture.session_of(&another).await;
    fixture.delete(Token(&token), &format!("sessions/{session}")).await;
    let change =
        json!({ "current_password": "wrong password", "new_password": "an even better one" });
    fixture.post(Token(&token), "password", change).await;
    fixture.post(Token(&token), "logout", json!(null)).await;
    let path = format!("users/{bob}");
    for body in [json!({ "role": "admin" }), json!({ "role": "user", "is_active": false })] {
        let method = actix_web::http::Method::PATCH;
        fixture.call(Token(&admin), method, &path, Some(body)).await;
    }

    let events = log(&fixture, &admin, &format!("&user_id={bob}")).await;
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            let actor = event.actor.as_deref().unwrap_or("-");
            format!("{actor} {} {}", event.action, event.outcome)
        })
        .collect();
    let expected = [
        "- account_created success",
        "bob login success",
        "- login refused",
        "bob api_key_created success",
        "bob api_key_deleted success",
        "bob login success",
        "bob session_ended success",
        "bob password_changed refused",
        "bob logout success",
        "admin admin_granted success",
        "admin admin_revoked success",
        "admin account_disabled success",
    ];
    assert_eq!(told, expected);
    let address = std::net::IpAddr::from(ADDRESS).to_string();
    for event in &events {
        assert_eq!(event.address.as_deref(), Some(address.as_str()));
        assert_eq!(event.user_agent.as_deref(), Some(BROWSER));
        assert!(!event.request_id.is_empty());
    }
    let nobodys = log(&fixture, &admin, "&action=login").await;
    let strangers: Vec<_> = nobodys.iter().filter(|event| event.user_id.is_none()).collect();
    assert_eq!(strangers.len(), 1);
    assert_eq!(strangers[0].outcome, AuditOutcome::Refused);
    assert_eq!(strangers[0].address.as_deref(), Some("203.0.113.5"));

    let all = fixture.get(Token(&admin), "audit").await.body.to_string();
    for secret in ["wrong password", "example.org", key["key"].as_str().unwrap(), &token, "nobody"]
    {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[actix_web::test]
async fn the_log_is_for_administrators_alone() {
    let fixture = Fixture::start().await;
    let (admin, _) = fixture.member("admin").await;
    let (bob, bobs) = fixture.member("bob").await;
    let refused = [
        Token(&bobs),
        Caller::ApiKey(bob, ApiKeyScope::ALL),
        Caller::ApiKey(admin, &[ApiKeyScope::Read, ApiKeyScope::Download]),
    ];
    for caller in refused {
        fixture.get(caller, "audit").await.refused(ErrorCode::Forbidden);
    }
    let with_key = fixture.get(Caller::ApiKey(admin, &[ApiKeyScope::Admin]), "audit").await;
    assert!(!with_key.read::<Page<AuditEvent>>().items.is_empty());
    let (_, admin) = (admin, fixture.log_in("admin").await);
    for query in ["cursor=x", "action=x", "user_id=x", "limit=x"] {
        let refused = fixture.get(Token(&admin), &format!("audit?{query}")).await;
        refused.refused(ErrorCode::InvalidRequest);
    }
}
