//! Accounts.

use common_types::{
    ErrorCode,
    account::{Quota, Role},
    internal::accounts::{AccountLookup, AccountPatch, EndSessions, NewAccount},
};
use db_service::store::{accounts, sessions};

use crate::fixture::{Fixture, at_once, is_admin, new_account, on_both, refusal};

fn patch(db: &Fixture, user: i64, patch: &AccountPatch) -> db_service::error::StoreResult<()> {
    db.write(|conn, now| accounts::patch(conn, user, patch, now)).map(drop)
}

on_both! {
    fn the_first_account_is_admin_and_no_other(db: &Fixture) {
        let (first, second) = (db.account("first"), db.account("second"));
        assert!(is_admin(&first));
        assert!(!is_admin(&second));
        assert!(first.is_active);
        assert_eq!(first.created_at, db.now());
    }

    fn of_accounts_made_at_once_one_is_admin(db: &Fixture) {
        let made = at_once(8, |index| db.account(&format!("user{index}")));
        assert_eq!(made.iter().filter(|account| is_admin(account)).count(), 1);
    }

    fn a_name_or_address_is_taken_without_case(db: &Fixture) {
        db.account("Ärger");
        let names = NewAccount { email: "other@example.org".to_owned(), ..new_account("äRGER") };
        let addresses = NewAccount { email: "ÄRGER@Example.org".to_owned(), ..new_account("other") };
        for new in [names, addresses] {
            let again = db.write(|conn, now| accounts::create(conn, &new, now));
            assert_eq!(refusal(again), ErrorCode::AlreadyExists);
        }
    }

    fn of_equal_names_made_at_once_one_is_taken(db: &Fixture) {
        let made = at_once(8, |_| db.write(|conn, now| accounts::create(conn, &new_account("x"), now)));
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
        for refused in made.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(refused), ErrorCode::AlreadyExists);
        }
    }

    fn registration_may_be_for_the_first_only(db: &Fixture) {
        let first = NewAccount { only_if_first: true, ..new_account("first") };
        let second = NewAccount { only_if_first: true, ..new_account("second") };
        assert!(db.write(|conn, now| accounts::create(conn, &first, now)).is_ok());
        let refused = db.write(|conn, now| accounts::create(conn, &second, now));
        assert_eq!(refusal(refused), ErrorCode::RegistrationClosed);
    }

    fn is_found_by_name_and_by_address_without_case(db: &Fixture) {
        let account = db.account("Élise");
        for login in ["Élise", "éLISE", "ÉLISE@example.ORG", " élise "] {
            let lookup = AccountLookup { login: login.to_owned() };
            let found = db.read(|conn, _| accounts::find(conn, &lookup)).unwrap();
            assert_eq!(found.user, account.user, "{login}");
            assert_eq!(found.password_hash, "hash of Élise");
        }
        for login in ["elise", "", "%", "\0", "Élise\0"] {
            let lookup = AccountLookup { login: login.to_owned() };
            let found = db.read(|conn, _| accounts::find(conn, &lookup));
            assert_eq!(refusal(found), ErrorCode::NotFound, "{login:?}");
        }
    }

    fn a_rehash_never_undoes_a_change_of_password(db: &Fixture) {
        let user = db.user("a");
        let change = |hash: &str, expected: &str| AccountPatch {
            password_hash: Some(hash.to_owned()),
            expected_password_hash: Some(expected.to_owned()),
            ..AccountPatch::default()
        };
        patch(db, user, &change("new", "hash of a")).unwrap();
        let late = patch(db, user, &change("rehash of old", "hash of a"));
        assert_eq!(refusal(late), ErrorCode::AlreadyExists);
        let account = db.read(|conn, _| accounts::get(conn, user)).unwrap();
        assert_eq!(account.password_hash, "new");
    }

    fn of_two_changes_from_one_hash_one_is_made(db: &Fixture) {
        let user = db.user("a");
        let made = at_once(8, |index| {
            let change = AccountPatch {
                password_hash: Some(format!("new {index}")),
                expected_password_hash: Some("hash of a".to_owned()),
                ..AccountPatch::default()
            };
            patch(db, user, &change).is_ok()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
    }

    fn a_change_of_password_can_end_the_other_sessions(db: &Fixture) {
        let user = db.user("a");
        let (this, other) = (db.session(user), db.session(user));
        let change = AccountPatch {
            password_hash: Some("new".to_owned()),
            end_sessions: Some(EndSessions { except: Some(this.id) }),
            ..AccountPatch::default()
        };
        patch(db, user, &change).unwrap();
        let left = db.read(|conn, now| sessions::list(conn, user, now)).unwrap();
        assert_eq!(left, [this]);
        let ended = db.read(|conn, _| sessions::get(conn, user, other.id)).unwrap();
        assert_eq!(ended.ended_at, Some(db.now()));
    }

    fn disabling_ends_sessions_and_lets_nobody_in(db: &Fixture) {
        db.account("admin");
        let user = db.user("a");
        db.session(user);
        let off = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
        patch(db, user, &off).unwrap();
        assert!(db.read(|conn, now| sessions::list(conn, user, now)).unwrap().is_empty());
        let refused = db.create(user, &crate::fixture::new_download("a"));
        assert_eq!(refusal(refused), ErrorCode::AccountDisabled);
    }

    fn the_last_admin_stays(db: &Fixture) {
        let admin = db.user("admin");
        db.account("a");
        let demote = AccountPatch { role: Some(Role::User), ..AccountPatch::default() };
        let disable = AccountPatch { is_active: Some(false), ..AccountPatch::default() };
        for change in [&demote, &disable] {
            assert_eq!(refusal(patch(db, admin, change)), ErrorCode::Forbidden);
        }
    }

    fn of_two_admins_who_step_down_at_once_one_stays(db: &Fixture) {
        let admins = [db.user("one"), db.user("two")];
        let promote = AccountPatch { role: Some(Role::Admin), ..AccountPatch::default() };
        patch(db, admins[1], &promote).unwrap();
        let demote = AccountPatch { role: Some(Role::User), ..AccountPatch::default() };
        let made = at_once(2, |index| patch(db, admins[index], &demote).is_ok());
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
    }

    fn a_quota_is_set_and_lifted(db: &Fixture) {
        let user = db.user("a");
        let quota = Quota { max_stored_bytes: Some(5), ..Quota::default() };
        for quota in [quota, Quota::default()] {
            let change = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
            patch(db, user, &change).unwrap();
            assert_eq!(db.read(|conn, _| accounts::get(conn, user)).unwrap().quota, quota);
        }
    }

    fn what_does_not_exist_cannot_be_changed(db: &Fixture) {
        let refused = patch(db, 99, &AccountPatch::default());
        assert_eq!(refusal(refused), ErrorCode::NotFound);
    }

    fn accounts_are_listed_by_page_newest_first_with_their_usage(db: &Fixture) {
        let users: Vec<i64> = (0..5).map(|index| db.user(&format!("user{index}"))).collect();
        db.download(users[4]);
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = db
                .read(|conn, now| accounts::list(conn, Some(2), cursor.as_deref(), now))
                .unwrap();
            seen.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let ids: Vec<i64> = seen.iter().map(|profile| profile.id).collect();
        assert_eq!(ids, users.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(seen[0].usage.active_downloads, 1);
        assert_eq!(seen[1].usage.active_downloads, 0);
    }

    fn a_cursor_of_elsewhere_is_refused(db: &Fixture) {
        let refused = db.read(|conn, now| accounts::list(conn, None, Some("x'--"), now));
        assert_eq!(refusal(refused), ErrorCode::InvalidRequest);
    }
}
