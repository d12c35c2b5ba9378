//! What operators see of the queue.

use std::time::Duration;

use common_types::MediaErrorCode;
use db_service::store::backlog::{self, Backlog};
use uuid::Uuid;

use crate::fixture::{Fixture, on_both, stumbled};

const PLATFORM: &str = "youtube";

fn look(db: &Fixture) -> Backlog {
    let platforms = [PLATFORM.to_owned(), "elsewhere".to_owned()];
    let mut found = db.read(|conn, now| backlog::of(conn, &platforms, now)).unwrap();
    assert_eq!(found.pop(), Some(Backlog { platform: "elsewhere".into(), ..Backlog::default() }));
    found.pop().unwrap()
}

on_both! {
    fn what_waits_runs_and_is_held_is_counted_with_the_age_of_the_oldest(db: &Fixture) {
        let empty = Backlog { platform: PLATFORM.into(), ..Backlog::default() };
        assert_eq!(look(db), empty);
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        db.advance(Duration::from_secs(60));
        db.download(user);
        let waiting = Backlog { pending: 2, oldest_ms: 60_000, ..empty.clone() };
        assert_eq!(look(db), waiting);
        let job = db.claim_one(node);
        assert_eq!(look(db), Backlog { pending: 1, running: 1, oldest_ms: 0, ..empty });
        db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap();
        let held = look(db);
        assert_eq!((held.pending, held.held, held.running, held.oldest_ms), (1, 1, 0, 60_000));
        assert_eq!(held.pause_ms, 0);
    }
}
