//! API keys.

use std::time::Duration;

use common_types::{
    ErrorCode,
    account::{ApiKey, ApiKeyScope},
    internal::accounts::{AccountPatch, ApiKeyLookup, ApiKeyVerdict, NewApiKey},
};
use db_service::{
    error::StoreResult,
    store::{accounts, api_keys, revocations},
};

use crate::fixture::{Fixture, on_both, refusal};

fn hash(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn create(db: &Fixture, user: i64, digit: char) -> StoreResult<ApiKey> {
    let new = NewApiKey {
        name: format!("key {digit}"),
        prefix: "mgp_ab".to_owned(),
        key_hash: hash(digit),
        scopes: vec![ApiKeyScope::Read, ApiKeyScope::Download],
        expires_at: Some(db.now() + Duration::from_secs(60)),
    };
    db.write(|conn, now| api_keys::create(conn, user, &new, now))
}

fn verify(db: &Fixture, digit: char) -> StoreResult<ApiKeyVerdict> {
    let lookup = ApiKeyLookup { key_hash: hash(digit) };
    db.write(|conn, now| api_keys::verify(conn, &lookup, now))
}

on_both! {
    fn a_key_says_whose_it_is_and_what_it_may(db: &Fixture) {
        let account = db.account("a");
        let key = create(db, account.user.id, '1').unwrap();
        assert_eq!(key.last_used_at, None);
        db.advance(Duration::from_secs(1));
        let verdict = verify(db, '1').unwrap();
        assert_eq!((verdict.id, verdict.user), (key.id, account.user.clone()));
        assert_eq!(verdict.scopes, [ApiKeyScope::Read, ApiKeyScope::Download]);
        let listed = db.read(|conn, _| api_keys::list(conn, account.user.id)).unwrap();
        assert_eq!(listed, [ApiKey { last_used_at: Some(db.now()), ..key }]);
    }

    fn an_unknown_key_is_nobodys(db: &Fixture) {
        assert_eq!(refusal(verify(db, '1')), ErrorCode::Unauthenticated);
        assert_eq!(refusal(verify(db, '\0')), ErrorCode::Unauthenticated);
    }

    fn an_expired_key_is_refused(db: &Fixture) {
        create(db, db.user("a"), '1').unwrap();
        db.advance(Duration::from_secs(60));
        assert_eq!(refusal(verify(db, '1')), ErrorCode::TokenExpired);
    }

    fn a_disabled_account_has_no_keys(db: &Fixture) {
        db.account("admin");
        let user = db.user("a");
        let key = create(db, user, '1').unwrap();
        let off = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
        db.write(|conn, now| accounts::patch(conn, user, &off, now)).unwrap();
        assert_eq!(refusal(verify(db, '1')), ErrorCode::AccountDisabled);
        assert_eq!(refusal(create(db, user, '2')), ErrorCode::AccountDisabled);
        let feed = db.read(|conn, _| revocations::feed(conn, 0, 10)).unwrap();
        assert_eq!(feed.items[0].session_id, key.id);
    }

    fn a_deleted_key_is_unknown_and_announced(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let key = create(db, user, '1').unwrap();
        let foreign = db.write(|conn, now| api_keys::delete(conn, other, key.id, now));
        assert_eq!(refusal(foreign), ErrorCode::NotFound);
        db.write(|conn, now| api_keys::delete(conn, user, key.id, now)).unwrap();
        assert_eq!(refusal(verify(db, '1')), ErrorCode::Unauthenticated);
        let feed = db.read(|conn, _| revocations::feed(conn, 0, 10)).unwrap();
        assert_eq!(feed.items[0].session_id, key.id);
    }

    fn a_digest_is_known_once(db: &Fixture) {
        let user = db.user("a");
        create(db, user, '1').unwrap();
        assert_eq!(refusal(create(db, user, '1')), ErrorCode::AlreadyExists);
    }
}
