//! The throttle of logins: it slows guessing, and locks nobody out.

use std::{net::IpAddr, time::Duration};

use common_types::internal::{
    accounts::NewSession,
    audit::{LoginAdmission, LoginAttempt, LoginRefused, Tried},
};
use db_service::store::{audit::Actor, logins, sessions, upkeep};
use uuid::Uuid;

use crate::fixture::{Fixture, at_once, on_both};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.1";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn attempt(db: &Fixture, name: &str, from: &str) -> LoginAdmission {
    let login = Some(name.to_owned());
    let tried = Tried::Login { login, digest: format!("digest of {name}") };
    let attempt = LoginAttempt { tried, address: address(from) };
    db.write(|conn, now| logins::attempt(conn, &Actor::default(), &attempt, now)).unwrap()
}

fn is_let_through(db: &Fixture, name: &str, from: &str) -> bool {
    attempt(db, name, from).wait_ms.is_none()
}

fn fail(db: &Fixture, user: i64, from: &str) {
    let refused = LoginRefused { user_id: Some(user), address: address(from), is_own: false };
    db.write(|conn, now| logins::refuse(conn, &Actor::default(), &refused, now)).unwrap();
}

fn log_in(db: &Fixture, user: i64, from: &str) {
    let new = NewSession {
        id: Uuid::now_v7(),
        token_id: Uuid::now_v7(),
        expires_at: db.now() + Duration::from_secs(3600),
        user_agent: None,
        address: Some(from.to_owned()),
    };
    db.write(|conn, now| sessions::create(conn, user, &new, now)).unwrap();
}

/// So many attempts, each from another address; how many were let through.
fn guess(db: &Fixture, name: &str, count: usize) -> usize {
    (0..count).filter(|index| is_let_through(db, name, &format!("203.0.113.{index}"))).count()
}

on_both! {
    fn guesses_from_anywhere_are_slowed_down_however_they_are_spread(db: &Fixture) {
        db.user("ada");
        assert_eq!(guess(db, "ada", 30), 20);
        // By either name.
        let wait = attempt(db, "ADA@example.org", AWAY).wait_ms.unwrap();
        assert!((29_000..=30_000).contains(&wait), "{wait}");
        db.advance(Duration::from_secs(31));
        assert_eq!(guess(db, "ada", 30), 1);
        let wait = attempt(db, "ada", AWAY).wait_ms.unwrap();
        assert!((59_000..=60_000).contains(&wait), "{wait}");
    }

    fn guesses_made_at_once_are_all_counted(db: &Fixture) {
        db.user("ada");
        let through = at_once(50, |index| is_let_through(db, "ada", &format!("203.0.113.{index}")));
        assert_eq!(through.into_iter().filter(|through| *through).count(), 20);
    }

    fn an_unknown_name_is_throttled_alike(db: &Fixture) {
        db.user("ada");
        for _ in 0..3 {
            let [known, unknown] = ["ada", "nobody"].map(|name| guess(db, name, 22));
            assert_eq!(known, unknown);
            let [known, unknown] = ["ada", "nobody"].map(|name| attempt(db, name, AWAY).wait_ms);
            assert_eq!(known, unknown);
            db.advance(Duration::from_secs(61));
        }
    }

    fn the_owner_gets_in_where_known_however_much_others_guess(db: &Fixture) {
        let ada = db.user("ada");
        log_in(db, ada, HOME);
        log_in(db, ada, "2001:db8:1:2::3");
        assert_eq!(guess(db, "ada", 30), 20);
        assert!(!is_let_through(db, "ada", AWAY));
        for known in [HOME, "::ffff:198.51.100.7", "2001:db8:1:2:ffff::9"] {
            assert!(is_let_through(db, "ada", known), "{known}");
        }
        // That the owner gets in gives the others nothing.
        log_in(db, ada, HOME);
        assert!(!is_let_through(db, "ada", AWAY));
        assert!(!is_let_through(db, "ada", "2001:db8:1:3::3"));
    }

    fn a_known_address_has_an_allowance_and_no_more(db: &Fixture) {
        let ada = db.user("ada");
        log_in(db, ada, HOME);
        for _ in 0..20 {
            assert!(is_let_through(db, "ada", HOME));
            fail(db, ada, HOME);
        }
        assert!(!is_let_through(db, "ada", HOME));
        assert!(is_let_through(db, "ada", AWAY));
        db.advance(Duration::from_secs(31));
        assert!(is_let_through(db, "ada", HOME));
        log_in(db, ada, HOME);
        for _ in 0..19 {
            fail(db, ada, HOME);
        }
        assert!(is_let_through(db, "ada", HOME));
    }

    fn many_may_log_in_at_once_where_known(db: &Fixture) {
        let ada = db.user("ada");
        log_in(db, ada, HOME);
        assert!(at_once(50, |_| is_let_through(db, "ada", HOME)).into_iter().all(|through| through));
    }

    fn no_more_than_a_hundred_failures_in_a_row_are_let_through_in_a_day(db: &Fixture) {
        db.user("ada");
        let mut through = 0;
        for _ in 0..100 {
            through += guess(db, "ada", 21);
            db.advance(Duration::from_secs(901));
        }
        assert_eq!(through, 100);
        let wait = attempt(db, "ada", AWAY).wait_ms.unwrap();
        assert!(wait > 3_600_000, "{wait}");
        db.advance(Duration::from_secs(86_400));
        assert_eq!(guess(db, "ada", 30), 20);
    }

    fn one_who_proves_to_be_the_owner_starts_anew(db: &Fixture) {
        let ada = db.user("ada");
        assert_eq!(guess(db, "ada", 9), 9);
        log_in(db, ada, AWAY);
        assert_eq!(guess(db, "ada", 30), 20 + 1, "where the owner was is known");
    }

    fn ones_own_password_is_no_oracle_for_a_stolen_session(db: &Fixture) {
        let ada = db.user("ada");
        let attempt = LoginAttempt { tried: Tried::Own(ada), address: address(HOME) };
        let through = at_once(40, |_| {
            let admission =
                db.write(|conn, now| logins::attempt(conn, &Actor::default(), &attempt, now));
            admission.unwrap().wait_ms.is_none()
        });
        assert_eq!(through.into_iter().filter(|through| *through).count(), 20);
        assert!(is_let_through(db, "ada", AWAY));
    }

    fn what_is_long_past_is_forgotten(db: &Fixture) {
        let ada = db.user("ada");
        log_in(db, ada, HOME);
        guess(db, "ada", 3);
        guess(db, "nobody", 3);
        db.advance(Duration::from_secs(86_400));
        assert_eq!(db.write(upkeep::purge).unwrap().login_allowances, 2);
        db.advance(Duration::from_secs(90 * 86_400));
        assert_eq!(db.write(upkeep::purge).unwrap().login_allowances, 1);
    }
}
