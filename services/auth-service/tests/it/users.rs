use actix_web::http::{Method, StatusCode};
use common_types::{
    ErrorCode,
    account::{ApiKeyScope, Profile, Quota, Role},
    page::Page,
};
use serde_json::{Value, json};

use crate::fixture::{
    Answer,
    Caller::{self, Token},
    Fixture,
};

async fn patch(fixture: &Fixture, caller: Caller<'_>, user: i64, body: Value) -> Answer {
    fixture.call(caller, Method::PATCH, &format!("users/{user}"), Some(body)).await
}

#[actix_web::test]
async fn only_an_admin_sees_and_changes_accounts() {
    let fixture = Fixture::start().await;
    let (ada, admin) = fixture.member("ada").await;
    let (bob, token) = fixture.member("bob").await;
    for caller in [Token(&token), Caller::ApiKey(ada, &[ApiKeyScope::Read, ApiKeyScope::Download])]
    {
        fixture.get(caller, "users").await.refused(ErrorCode::Forbidden);
        let promoted = patch(&fixture, caller, bob, json!({ "role": "admin" })).await;
        promoted.refused(ErrorCode::Forbidden);
    }
    let promoted: Profile =
        patch(&fixture, Token(&admin), bob, json!({ "role": "admin" })).await.read();
    assert_eq!((promoted.id, promoted.role), (bob, Role::Admin));
    assert_eq!(fixture.get(Token(&token), "users").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn accounts_are_listed_newest_first_in_pages() {
    let fixture = Fixture::start().await;
    let (_, admin) = fixture.member("ada").await;
    fixture.register("bob").await;
    fixture.register("eve").await;
    let first: Page<Profile> = fixture.get(Token(&admin), "users?limit=2").await.read();
    let names = |page: &Page<Profile>| -> Vec<String> {
        page.items.iter().map(|profile| profile.username.clone()).collect()
    };
    assert_eq!(names(&first), ["eve", "bob"]);
    let next = format!("users?limit=2&cursor={}", first.next_cursor.unwrap());
    let last: Page<Profile> = fixture.get(Token(&admin), &next).await.read();
    assert_eq!((names(&last), last.next_cursor), (vec!["ada".to_owned()], None));
}

#[actix_web::test]
async fn a_disabled_account_is_logged_out_and_stays_out_until_it_is_enabled() {
    let fixture = Fixture::start().await;
    let (_, admin) = fixture.member("ada").await;
    let (bob, token) = fixture.member("bob").await;
    let disabled: Profile =
        patch(&fixture, Token(&admin), bob, json!({ "is_active": false })).await.read();
    assert!(!disabled.is_active);
    assert_eq!(fixture.revoked().await, [fixture.session_of(&token).await]);
    for path in ["profile", "users"] {
        fixture.get(Token(&token), path).await.refused(ErrorCode::TokenRevoked);
    }
    let verified = fixture.post(Token(&token), "verify", Value::Null).await;
    assert_eq!(verified.body["valid"], false);
    patch(&fixture, Token(&admin), bob, json!({ "is_active": true })).await.read::<Profile>();
    fixture.log_in("bob").await;
}

#[actix_web::test]
async fn the_limits_of_a_quota_change_one_by_one() {
    let fixture = Fixture::start().await;
    let (_, admin) = fixture.member("ada").await;
    let bob = fixture.register("bob").await;
    let none = Quota::default();
    for (change, expected) in [
        (json!({ "max_stored_bytes": 5 }), Quota { max_stored_bytes: Some(5), ..none }),
        (
            json!({ "max_active_downloads": 2 }),
            Quota { max_stored_bytes: Some(5), max_active_downloads: Some(2), ..none },
        ),
        (json!({ "max_stored_bytes": null }), Quota { max_active_downloads: Some(2), ..none }),
    ] {
        let profile: Profile =
            patch(&fixture, Token(&admin), bob, json!({ "quota": change })).await.read();
        assert_eq!(profile.quota, expected);
    }
}

#[actix_web::test]
async fn the_last_admin_can_neither_step_down_nor_be_disabled() {
    let fixture = Fixture::start().await;
    let (ada, admin) = fixture.member("ada").await;
    for change in [json!({ "role": "user" }), json!({ "is_active": false })] {
        let refused = patch(&fixture, Token(&admin), ada, change).await;
        refused.refused(ErrorCode::Forbidden);
    }
}

#[actix_web::test]
async fn a_wrong_change_is_refused() {
    let fixture = Fixture::start().await;
    let (ada, admin) = fixture.member("ada").await;
    let refused = patch(&fixture, Token(&admin), ada, json!({ "role": "king" })).await;
    assert_eq!(refused.refused(ErrorCode::InvalidRequest).errors[0].pointer, "/role");
    let quota = json!({ "quota": { "max_stored_bytes": -1 } });
    let refused =
        patch(&fixture, Token(&admin), ada, quota).await.refused(ErrorCode::InvalidRequest);
    assert_eq!(refused.errors[0].pointer, "/quota/max_stored_bytes");
    for change in [json!({ "role": "user" }), json!({ "quota": {} })] {
        patch(&fixture, Token(&admin), 4711, change).await.refused(ErrorCode::NotFound);
    }
    let no_id = fixture.call(Token(&admin), Method::PATCH, "users/x", Some(json!({}))).await;
    no_id.refused(ErrorCode::NotFound);
}
