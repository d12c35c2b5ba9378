//! What may pass is tried again by itself, and a site that has had enough is left alone.

use std::time::Duration;

use common_types::{
    ErrorCode, MediaErrorCode,
    download::Status,
    internal::jobs::{Outcome, Outlook},
};
use db_service::store::{claims, downloads, pauses, retries};
use uuid::Uuid;

use crate::fixture::{Fixture, completed, failed, on_both, progress, refusal, scope, stumbled};

impl Fixture {
    fn let_go(&self) -> usize {
        if self.read(retries::are_due).unwrap() {
            self.write(retries::let_go).unwrap().len()
        } else {
            0
        }
    }
}

fn fed_up() -> Outcome {
    Outcome::Failed { problem: MediaErrorCode::BotCheck.into(), outlook: Outlook::SitePause }
}

/// A completion by a node that had seen the site complain.
fn forgiving(key: &str) -> Outcome {
    let Outcome::Completed { file, known, retain_ms, .. } = completed(key) else { panic!() };
    Outcome::Completed { file, known, retain_ms, forgives_site: true }
}

on_both! {
    fn what_may_pass_waits_longer_each_time_and_fails_in_the_end(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let mut waits = Vec::new();
        for attempt in 1..=2 {
            let job = db.claim_one(node);
            db.beat(node, vec![progress(&job, 40.0)]);
            let download = db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap().download;
            assert_eq!((download.status, download.attempts), (Status::Pending, attempt));
            assert_eq!(download.paused_for, Some(MediaErrorCode::NetworkError));
            assert_eq!(download.progress, 40.0);
            let wait = download.paused_until.unwrap().since(db.now());
            waits.push(wait);
            assert!(db.claim(node, 1).is_empty());
            db.advance(wait - Duration::from_millis(1));
            assert_eq!(db.let_go(), 0);
            db.advance(Duration::from_millis(1));
            assert_eq!(db.let_go(), 1);
        }
        assert!(waits[1] >= 2 * waits[0]);
        let job = db.claim_one(node);
        let download = db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap().download;
        assert_eq!((download.status, download.attempts), (Status::Failed, 3));
        assert_eq!(download.error_code, Some(MediaErrorCode::NetworkError));
        assert_eq!(db.get(user, id).download.paused_until, None);
    }

    fn telling_a_stumble_twice_is_one_stumble(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        for _ in 0..2 {
            db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap();
        }
        assert_eq!(refusal(db.finish(node, &job, completed("k"))), ErrorCode::LeaseLost);
        assert_eq!(db.get(user, id).download.attempts, 1);
        db.advance(Duration::from_secs(10));
        db.let_go();
        let again = db.claim_one(node);
        // Even now that someone else has it, the repetition of what was told is no error.
        db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap();
        db.finish(node, &again, completed("k")).unwrap();
    }

    fn what_waits_to_be_tried_again_can_be_cancelled(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap();
        let download = db.cancel(user, id).unwrap().download;
        assert_eq!((download.status, download.paused_until), (Status::Cancelled, None));
        db.advance(Duration::from_secs(10));
        assert_eq!(db.let_go(), 0);
        assert_eq!(db.retry(user, id).unwrap().download.attempts, 0);
        assert_eq!(db.claim_one(node).id, id);
    }

    fn what_is_held_keeps_nobody_else_waiting(db: &Fixture) {
        let (a, b, node) = (db.user("a"), db.user("b"), Uuid::now_v7());
        let first = db.download(a);
        let job = db.claim_one(node);
        db.finish(node, &job, stumbled(MediaErrorCode::NetworkError)).unwrap();
        let second = db.download(b);
        assert_eq!(db.claim_one(node).id, second);
        db.advance(Duration::from_secs(10));
        db.let_go();
        assert_eq!(db.claim_one(node).id, first);
    }

    fn a_site_that_complains_is_left_alone_longer_each_time(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let ids = [db.download(user), db.download(user), db.download(user)];
        let mut lengths = Vec::new();
        for _ in 0..2 {
            let job = db.claim_one(node);
            assert_eq!(job.id, ids[0], "what was complained about is tried first");
            let other = db.claim_one(node);
            db.finish(node, &job, fed_up()).unwrap();
            // It ran before the pause, so that it fails too says nothing new.
            db.finish(node, &other, fed_up()).unwrap();
            assert!(db.claim(node, 3).is_empty());
            let pause = db.read(|conn, now| pauses::current(conn, "youtube", now)).unwrap().unwrap();
            assert_eq!(pause.reason, MediaErrorCode::BotCheck);
            assert_eq!(db.read(|conn, now| claims::depth(conn, "youtube", now)).unwrap().pause, Some(pause));
            assert_eq!(shown(db, user, ids[2]), Some(pause.until));
            lengths.push(pause.until.since(db.now()));
            db.advance(pause.until.since(db.now()));
            assert!(db.read(|conn, now| pauses::current(conn, "youtube", now)).unwrap().is_none());
        }
        assert_eq!(lengths[1], 2 * lengths[0]);
        let job = db.claim_one(node);
        let download = db.finish(node, &job, fed_up()).unwrap().download;
        assert_eq!((download.status, download.error_code), (Status::Failed, Some(MediaErrorCode::BotCheck)));
        assert!(db.read(|conn, now| pauses::current(conn, "youtube", now)).unwrap().is_none());
        db.advance(Duration::from_secs(3600));
        let fresh = db.claim(node, 2).into_iter().find(|job| job.id == ids[2]).unwrap();
        db.finish(node, &fresh, fed_up()).unwrap();
        let pause = db.read(|conn, now| pauses::current(conn, "youtube", now)).unwrap().unwrap();
        assert_eq!(pause.until.since(db.now()), lengths[0], "a quiet hour forgives");
    }

    fn a_success_after_a_pause_forgives_and_one_during_it_does_not(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        for _ in 0..6 {
            db.download(user);
        }
        let pause = || db.read(|conn, now| pauses::current(conn, "youtube", now)).unwrap();
        let jobs = db.claim(node, 2);
        db.finish(node, &jobs[0], fed_up()).unwrap();
        let first = pause().unwrap().until.since(db.now());
        db.finish(node, &jobs[1], forgiving("k/1")).unwrap();
        assert!(pause().is_some(), "it ran before the pause");
        db.advance(first);
        let jobs = db.claim(node, 2);
        db.finish(node, &jobs[1], forgiving("k/2")).unwrap();
        db.finish(node, &jobs[0], fed_up()).unwrap();
        assert_eq!(pause().unwrap().until.since(db.now()), first);
    }

    fn a_paused_site_is_no_other_sites_trouble(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, fed_up()).unwrap();
        assert!(db.read(|conn, now| pauses::current(conn, "vimeo", now)).unwrap().is_none());
    }

    fn what_will_not_pass_is_tried_once(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        let download = db.finish(node, &job, failed(MediaErrorCode::GeoRestricted)).unwrap().download;
        assert_eq!((download.status, download.attempts), (Status::Failed, 1));
    }
}

fn shown(db: &Fixture, user: i64, id: Uuid) -> Option<common_types::Timestamp> {
    db.read(|conn, now| {
        let mut record = downloads::get(conn, &scope(user), id)?;
        pauses::show(conn, std::iter::once(&mut record.download), now)?;
        Ok(record.download.paused_until)
    })
    .unwrap()
}
