//! Sessions.

use std::time::Duration;

use common_types::{ErrorCode, internal::accounts::NewSession};
use db_service::store::{revocations, sessions, upkeep};
use uuid::Uuid;

use crate::fixture::{Fixture, on_both, refusal};

on_both! {
    fn a_session_is_kept_and_the_login_noted(db: &Fixture) {
        let user = db.user("a");
        let session = db.session(user);
        let found = db.read(|conn, _| sessions::get(conn, user, session.id)).unwrap();
        assert_eq!(found, session);
        let account = db.read(|conn, _| db_service::store::accounts::get(conn, user)).unwrap();
        assert_eq!(account.last_login_at, Some(db.now()));
    }

    fn another_users_session_is_not_found(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let session = db.session(user);
        let seen = db.read(|conn, _| sessions::get(conn, other, session.id));
        assert_eq!(refusal(seen), ErrorCode::NotFound);
        let ended = db.write(|conn, now| sessions::end(conn, other, session.id, now));
        assert_eq!(refusal(ended), ErrorCode::NotFound);
        assert_eq!(db.read(|conn, now| sessions::list(conn, user, now)).unwrap(), [session]);
    }

    fn ending_twice_is_announced_once(db: &Fixture) {
        let user = db.user("a");
        let session = db.session(user);
        let ended = db.write(|conn, now| sessions::end(conn, user, session.id, now)).unwrap();
        db.advance(Duration::from_secs(1));
        let again = db.write(|conn, now| sessions::end(conn, user, session.id, now)).unwrap();
        assert_eq!(ended, again);
        let feed = db.read(|conn, _| revocations::feed(conn, 0, 10)).unwrap();
        assert_eq!(feed.items.len(), 1);
        assert_eq!(feed.items[0].session_id, session.id);
        assert_eq!(feed.items[0].expires_at, session.expires_at);
    }

    fn all_end_but_the_one_that_is_spared(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let spared = db.session(user);
        let foreign = db.session(other);
        for _ in 0..3 {
            db.session(user);
        }
        let end = |except| db.write(|conn, now| sessions::end_all(conn, user, except, now)).unwrap();
        assert_eq!(end(Some(spared.id)), 3);
        assert_eq!(db.read(|conn, now| sessions::list(conn, user, now)).unwrap(), [spared]);
        assert_eq!(end(None), 1);
        assert_eq!(db.read(|conn, now| sessions::list(conn, other, now)).unwrap(), [foreign]);
    }

    fn an_expired_session_is_not_listed_and_soon_forgotten(db: &Fixture) {
        let user = db.user("a");
        let session = db.session(user);
        db.write(|conn, now| sessions::end(conn, user, session.id, now)).unwrap();
        db.advance(Duration::from_secs(3600));
        assert!(db.read(|conn, now| sessions::list(conn, user, now)).unwrap().is_empty());
        let purged = db.write(upkeep::purge).unwrap();
        assert_eq!((purged.sessions, purged.revocations), (1, 0));
        // Verifiers allow for clocks that differ; revocations stay for a while.
        db.advance(Duration::from_secs(300));
        let purged = db.write(upkeep::purge).unwrap();
        assert_eq!((purged.sessions, purged.revocations), (0, 1));
    }

    fn a_session_needs_an_account(db: &Fixture) {
        let new = NewSession {
            id: Uuid::now_v7(),
            token_id: Uuid::now_v7(),
            expires_at: db.now(),
            user_agent: Some("x\0y".to_owned()),
            address: None,
        };
        let refused = db.write(|conn, now| sessions::create(conn, 99, &new, now));
        assert_eq!(refusal(refused), ErrorCode::NotFound);
        let user = db.user("a");
        let made = db.write(|conn, now| sessions::create(conn, user, &new, now)).unwrap();
        assert_eq!(made.user_agent.as_deref(), Some("xy"));
        let again = db.write(|conn, now| sessions::create(conn, user, &new, now));
        assert_eq!(refusal(again), ErrorCode::AlreadyExists);
    }
}
