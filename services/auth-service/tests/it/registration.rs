use actix_web::http::StatusCode;
use common_types::{ErrorCode, account::Role};
use serde_json::json;

use crate::fixture::{Caller::Anonymous, Fixture, registration};

#[actix_web::test]
async fn the_first_account_is_admin_and_no_other() {
    let fixture = Fixture::start().await;
    let ada = fixture.post(Anonymous, "register", registration("ada")).await;
    assert_eq!(ada.status, StatusCode::CREATED);
    assert_eq!(ada.body["success"], true);
    assert!(!ada.body["message"].as_str().unwrap().is_empty());
    let ada = ada.body["user_id"].as_i64().unwrap();
    let bob = fixture.register("bob").await;
    assert_eq!(fixture.db.account(ada).await.unwrap().user.role, Role::Admin);
    assert_eq!(fixture.db.account(bob).await.unwrap().user.role, Role::User);
}

#[actix_web::test]
async fn a_password_is_stored_as_an_argon2id_hash_alone() {
    let fixture = Fixture::start().await;
    let ada = fixture.register("ada").await;
    let stored = fixture.db.account(ada).await.unwrap().password_hash;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[actix_web::test]
async fn every_wrong_field_is_named_at_once() {
    let fixture = Fixture::start().await;
    let wrong = json!({
        "username": "a b", "email": "ada", "password": "password",
        "confirm_email": "other", "confirm_password": "other",
    });
    let problem =
        fixture.post(Anonymous, "register", wrong).await.refused(ErrorCode::InvalidRequest);
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    let all = ["/username", "/email", "/password", "/confirm_email", "/confirm_password"];
    assert_eq!(pointers, all);
    let missing = fixture.post(Anonymous, "register", json!({ "username": "ada" })).await;
    let problem = missing.refused(ErrorCode::InvalidRequest);
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/email", "/password"], "absent ones too");
}

#[actix_web::test]
async fn a_confirmation_that_matches_is_fine() {
    let fixture = Fixture::start().await;
    let mut request = registration("ada");
    request["confirm_email"] = request["email"].clone();
    request["confirm_password"] = request["password"].clone();
    assert_eq!(fixture.post(Anonymous, "register", request).await.status, StatusCode::CREATED);
}

#[actix_web::test]
async fn a_name_or_address_is_taken_without_case_and_the_answer_says_which() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    let mut same_name = registration("ADA");
    same_name["email"] = json!("other@example.org");
    let mut same_address = registration("other");
    same_address["email"] = json!("ADA@Example.org");
    for (request, pointer) in [(same_name, "/username"), (same_address, "/email")] {
        let refused = fixture.post(Anonymous, "register", request).await;
        assert_eq!(refused.refused(ErrorCode::AlreadyExists).errors[0].pointer, pointer);
    }
}

#[actix_web::test]
async fn a_taken_name_costs_the_same_work_as_a_free_one() {
    let fixture = Fixture::start().await;
    fixture.register("ada").await;
    assert_eq!(fixture.hasher.runs(), 1);
    let taken = fixture.post(Anonymous, "register", registration("ada")).await;
    taken.refused(ErrorCode::AlreadyExists);
    assert_eq!(fixture.hasher.runs(), 2);
}

#[actix_web::test]
async fn closed_registration_lets_nobody_in() {
    let fixture = Fixture::configured(&[("MAGPIE_REGISTRATION", "closed")]).await;
    let refused = fixture.post(Anonymous, "register", registration("ada")).await;
    refused.refused(ErrorCode::RegistrationClosed);
}

#[actix_web::test]
async fn registration_of_the_first_closes_behind_it() {
    let fixture = Fixture::configured(&[("MAGPIE_REGISTRATION", "first")]).await;
    fixture.register("ada").await;
    let refused = fixture.post(Anonymous, "register", registration("bob")).await;
    refused.refused(ErrorCode::RegistrationClosed);
}

#[actix_web::test]
async fn health_says_whether_an_account_can_be_made() {
    for (setting, before, after) in [
        ("open", "first_account", "open"),
        ("first", "first_account", "closed"),
        ("closed", "closed", "closed"),
    ] {
        let fixture = Fixture::configured(&[("MAGPIE_REGISTRATION", setting)]).await;
        let state = async || fixture.get(Anonymous, "health").await.body["registration"].clone();
        assert_eq!(state().await, before, "{setting}");
        fixture.post(Anonymous, "register", registration("ada")).await;
        assert_eq!(state().await, after, "{setting}");
    }
}
