//! The audit log: kept for its time, read in pages.

use std::time::Duration;

use common_types::audit::{AuditAction, AuditQuery};
use db_service::store::{
    audit::{self, Actor, Entry, KEPT_MS},
    upkeep,
};

use crate::fixture::{Fixture, on_both};

fn note(db: &Fixture, action: AuditAction, user: i64) {
    let entry = Entry::done(action, user).to("session", "x\0y".repeat(100));
    db.write(|conn, now| audit::note(conn, &Actor::default(), entry, now)).unwrap();
}

on_both! {
    fn the_log_is_read_newest_first_in_pages(db: &Fixture) {
        for user in 1..=5 {
            note(db, AuditAction::Login, user);
        }
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let query = AuditQuery { limit: Some(2), cursor: cursor.clone(), ..AuditQuery::default() };
            let page = db.read(|conn, _| audit::list(conn, &query)).unwrap();
            seen.extend(page.items.iter().filter_map(|event| event.user_id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
    }

    fn an_entry_is_kept_for_its_time_and_no_longer(db: &Fixture) {
        note(db, AuditAction::Login, 1);
        db.advance(Duration::from_secs(1));
        note(db, AuditAction::Logout, 1);
        let kept = Duration::from_millis(u64::try_from(KEPT_MS).unwrap());
        db.advance(kept - Duration::from_secs(1));
        let purged = db.write(upkeep::purge).unwrap();
        assert_eq!(purged.audit_events, 1);
        let left = db.read(|conn, _| audit::list(conn, &AuditQuery::default())).unwrap();
        assert_eq!(left.items[0].action, AuditAction::Logout);
    }
}
