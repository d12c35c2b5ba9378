//! Sealed cookies.

use std::time::Duration;

use common_types::{
    ErrorCode,
    internal::{
        accounts::AccountPatch,
        cookies::{CookieRecord, MAX_SEALED_BYTES, SealedCookies},
    },
};
use db_service::{
    error::StoreResult,
    store::{accounts, cookie_jars},
};

use crate::fixture::{Fixture, on_both, refusal};

fn put(db: &Fixture, user: i64, sealed: &str) -> StoreResult<CookieRecord> {
    let new = SealedCookies { sealed: sealed.to_owned() };
    db.write(|conn, now| cookie_jars::put(conn, user, "youtube", &new, now))
}

fn get(db: &Fixture, user: i64, platform: &str) -> StoreResult<CookieRecord> {
    db.read(|conn, _| cookie_jars::get(conn, user, platform))
}

on_both! {
    fn cookies_are_one_users_for_one_platform(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let kept = put(db, user, "one").unwrap();
        assert_eq!((kept.sealed.as_str(), kept.updated_at), ("one", db.now()));
        assert!(get(db, user, "youtube").unwrap() == kept);
        for (user, platform) in [(other, "youtube"), (user, "vimeo"), (user, ""), (user, "you\0tube%")] {
            assert_eq!(get(db, user, platform).err().map(|e| refusal::<()>(Err(e))), Some(ErrorCode::NotFound));
        }
    }

    fn new_ones_replace_the_old(db: &Fixture) {
        let user = db.user("a");
        put(db, user, "one").unwrap();
        db.advance(Duration::from_secs(1));
        let kept = put(db, user, "two").unwrap();
        assert_eq!(kept.updated_at, db.now());
        assert!(get(db, user, "youtube").unwrap() == kept);
    }

    fn deleted_ones_are_gone_and_only_those(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        put(db, user, "one").unwrap();
        put(db, other, "two").unwrap();
        for _ in 0..2 {
            db.write(|conn, _| cookie_jars::delete(conn, user, "youtube")).unwrap();
        }
        assert!(get(db, user, "youtube").is_err());
        assert_eq!(get(db, other, "youtube").unwrap().sealed, "two");
    }

    fn neither_nobody_nor_a_disabled_account_keeps_any_nor_too_many(db: &Fixture) {
        db.account("admin");
        let user = db.user("a");
        let put_code = |user, sealed: &str| refusal(put(db, user, sealed).map(|_| ()));
        assert_eq!(put_code(user, &"x".repeat(MAX_SEALED_BYTES + 1)), ErrorCode::PayloadTooLarge);
        put(db, user, &"x".repeat(MAX_SEALED_BYTES)).unwrap();
        assert_eq!(put_code(999, "x"), ErrorCode::NotFound);
        let off = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
        db.write(|conn, now| accounts::patch(conn, user, &off, now)).unwrap();
        assert_eq!(put_code(user, "x"), ErrorCode::AccountDisabled);
    }
}
