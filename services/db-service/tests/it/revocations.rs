//! The revocation feed.

use std::sync::atomic::{AtomicBool, Ordering};

use db_service::store::{revocations, sessions};

use crate::fixture::{Fixture, at_once, on_both};

const WRITERS: usize = 6;
const EACH: usize = 20;

on_both! {
    fn nobody_who_follows_the_feed_misses_a_revocation(db: &Fixture) {
        let users: Vec<i64> = (0..WRITERS).map(|index| db.user(&format!("user{index}"))).collect();
        let sessions: Vec<Vec<_>> =
            users.iter().map(|user| (0..EACH).map(|_| db.session(*user).id).collect()).collect();
        let done = AtomicBool::new(false);
        let seen = std::thread::scope(|scope| {
            let follower = scope.spawn(|| follow(db, &done));
            at_once(WRITERS, |index| {
                for session in &sessions[index] {
                    db.write(|conn, now| sessions::end(conn, users[index], *session, now)).unwrap();
                }
            });
            done.store(true, Ordering::Release);
            follower.join().unwrap()
        });
        let expected: Vec<i64> = (1..).take(WRITERS * EACH).collect();
        assert_eq!(seen, expected);
    }

    fn the_feed_comes_in_pages(db: &Fixture) {
        let user = db.user("a");
        for _ in 0..3 {
            db.session(user);
        }
        db.write(|conn, now| sessions::end_all(conn, user, None, now)).unwrap();
        let feed = |after| db.read(|conn, _| revocations::feed(conn, after, 2)).unwrap();
        let first = feed(0);
        assert_eq!((first.items.len(), first.cursor, first.more), (2, 2, true));
        let second = feed(first.cursor);
        assert_eq!((second.items.len(), second.cursor, second.more), (1, 3, false));
        let third = feed(second.cursor);
        assert_eq!((third.items.len(), third.cursor, third.more), (0, 3, false));
    }

    fn a_cursor_from_before_a_restore_begins_anew(db: &Fixture) {
        let user = db.user("a");
        db.session(user);
        db.write(|conn, now| sessions::end_all(conn, user, None, now)).unwrap();
        let feed = db.read(|conn, _| revocations::feed(conn, 1000, 10)).unwrap();
        assert_eq!((feed.items.len(), feed.cursor), (1, 1));
    }
}

/// Reads the feed by its cursor until the writers are done and nothing is left.
fn follow(db: &Fixture, done: &AtomicBool) -> Vec<i64> {
    let (mut seen, mut cursor) = (Vec::new(), 0);
    loop {
        let last_round = done.load(Ordering::Acquire);
        let feed = db.read(|conn, _| revocations::feed(conn, cursor, 7)).unwrap();
        cursor = feed.cursor;
        seen.extend(feed.items.iter().map(|revocation| revocation.sequence));
        if last_round && !feed.more {
            return seen;
        }
    }
}
