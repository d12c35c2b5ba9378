//! Claims, heartbeats, and what becomes of a lease.

use std::{collections::HashSet, time::Duration};

use common_types::{
    ErrorCode, MediaErrorCode,
    download::{Phase, Status},
    internal::{
        downloads::{KnownMedia, NewDownload},
        jobs::JobProgress,
    },
};
use db_service::store::claims;
use uuid::Uuid;

use crate::fixture::{
    Fixture, LEASE_MS, MAX_ATTEMPTS, at_once, completed, new_download, on_both, progress, refusal,
};

on_both! {
    fn a_claim_makes_a_job_the_nodes(db: &Fixture) {
        let user = db.user("a");
        let id = db.download(user);
        let job = db.claim_one(Uuid::now_v7());
        assert_eq!((job.id, job.user_id, job.attempt), (id, user, 1));
        assert_eq!((job.url.as_str(), job.video_id.as_str()), ("https://www.youtube.com/watch?v=a", "a"));
        let download = db.get(user, id).download;
        assert_eq!((download.status, download.phase), (Status::Downloading, Some(Phase::Extracting)));
        assert_eq!((download.attempts, download.started_at), (1, Some(db.now())));
        assert!(db.claim(Uuid::now_v7(), 9).is_empty());
    }

    fn a_node_gets_no_more_than_its_slots_and_only_its_platform(db: &Fixture) {
        let user = db.user("a");
        for _ in 0..5 {
            db.download(user);
        }
        db.create(user, &NewDownload { platform: "tiktok".to_owned(), ..new_download("b") }).unwrap();
        assert_eq!(db.claim(Uuid::now_v7(), 0).len(), 0);
        assert_eq!(db.claim(Uuid::now_v7(), 2).len(), 2);
        assert_eq!(db.claim(Uuid::now_v7(), 50).len(), 3);
        let depth = |platform| db.read(|conn, now| claims::depth(conn, platform, now)).unwrap();
        assert_eq!((depth("youtube").pending, depth("youtube").downloading), (0, 5));
        assert_eq!((depth("tiktok").pending, depth("tiktok").downloading), (1, 0));
    }

    fn nodes_that_claim_at_once_never_share_a_job(db: &Fixture) {
        const JOBS: usize = 200;
        let users = [db.user("a"), db.user("b"), db.user("c")];
        for index in 0..JOBS {
            db.download(users[index % users.len()]);
        }
        let claimed = at_once(8, |index| {
            let (node, mut mine) = (Uuid::now_v7(), Vec::new());
            loop {
                let slots = u32::try_from(index % 3 + 1).unwrap();
                let jobs = db.claim(node, slots);
                if jobs.is_empty() {
                    return mine;
                }
                for job in jobs {
                    db.finish(node, &job, completed("k")).unwrap();
                    mine.push(job.id);
                }
            }
        });
        let claimed: Vec<Uuid> = claimed.into_iter().flatten().collect();
        assert_eq!(claimed.len(), JOBS);
        assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), JOBS);
        let depth = db.read(|conn, now| claims::depth(conn, "youtube", now)).unwrap();
        assert_eq!((depth.pending, depth.downloading), (0, 0));
    }

    fn a_cancelled_job_is_never_claimed(db: &Fixture) {
        let user = db.user("a");
        let id = db.download(user);
        db.cancel(user, id).unwrap();
        assert!(db.claim(Uuid::now_v7(), 1).is_empty());
    }

    fn of_a_cancel_and_a_claim_at_once_the_cancel_wins(db: &Fixture) {
        let user = db.user("a");
        for _ in 0..20 {
            let id = db.download(user);
            let node = Uuid::now_v7();
            let claimed = at_once(2, |index| match index {
                0 => db.cancel(user, id).map(|_| Vec::new()).unwrap(),
                _ => db.claim(node, 1),
            });
            for job in claimed.into_iter().flatten() {
                assert_eq!(db.beat(node, vec![progress(&job, 1.0)]).lost, [id]);
            }
            assert_eq!(db.get(user, id).download.status, Status::Cancelled);
        }
    }

    fn a_heartbeat_records_and_renews(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.advance(Duration::from_millis(LEASE_MS - 1));
        let known = KnownMedia { title: Some("T".to_owned()), ..KnownMedia::default() };
        let beat = JobProgress { known, phase: Phase::Processing, ..progress(&job, 12.5) };
        assert!(db.beat(node, vec![beat]).lost.is_empty());
        let download = db.get(user, id).download;
        assert_eq!((download.phase, download.progress), (Some(Phase::Processing), 12.5));
        assert_eq!((download.downloaded_bytes, download.total_bytes), (1000, Some(4000)));
        assert_eq!((download.speed_bps, download.eta_seconds), (Some(250.0), Some(12)));
        assert_eq!(download.title.as_deref(), Some("T"));
        db.advance(Duration::from_millis(LEASE_MS - 1));
        assert_eq!(db.rescue(), db_service::store::rescue::Rescued::default());
        db.beat(node, vec![progress(&job, 13.0)]);
        assert_eq!(db.get(user, id).download.title.as_deref(), Some("T"));
    }

    fn progress_never_falls_nor_reaches_100_before_the_end(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        for (told, stored) in [(50.0, 50.0), (20.0, 50.0), (-3.0, 50.0), (100.0, 99.9), (1.0, 99.9)] {
            db.beat(node, vec![progress(&job, told)]);
            assert_eq!(db.get(user, id).download.progress, stored, "{told}");
        }
    }

    fn a_heartbeat_of_many_names_those_that_are_lost(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        for _ in 0..4 {
            db.download(user);
        }
        let jobs = db.claim(node, 4);
        db.cancel(user, jobs[1].id).unwrap();
        db.finish(node, &jobs[2], completed("k")).unwrap();
        let mut lost = db.beat(node, jobs.iter().map(|job| progress(job, 5.0)).collect()).lost;
        lost.sort();
        assert_eq!(lost, [jobs[1].id, jobs[2].id]);
        let anothers = db.beat(Uuid::now_v7(), vec![progress(&jobs[0], 6.0)]);
        assert_eq!(anothers.lost, [jobs[0].id]);
    }

    fn a_lapsed_lease_is_anothers_and_the_old_holder_is_refused(db: &Fixture) {
        let (user, frozen, other) = (db.user("a"), Uuid::now_v7(), Uuid::now_v7());
        let id = db.download(user);
        let old = db.claim_one(frozen);
        db.let_leases_lapse();
        assert_eq!(db.rescue().requeued, 1);
        let new = db.claim_one(other);
        assert_eq!((new.id, new.attempt), (id, old.attempt + 1));
        assert_eq!(db.beat(frozen, vec![progress(&old, 90.0)]).lost, [id]);
        assert_eq!(refusal(db.finish(frozen, &old, completed("old"))), ErrorCode::LeaseLost);
        assert!(db.beat(other, vec![progress(&new, 1.0)]).lost.is_empty());
        let done = db.finish(other, &new, completed("new")).unwrap();
        assert_eq!((done.download.attempts, done.file.unwrap().key.as_str()), (2, "new"));
    }

    fn a_lapsed_lease_that_nobody_took_can_be_renewed(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.let_leases_lapse();
        assert!(db.beat(node, vec![progress(&job, 1.0)]).lost.is_empty());
        assert_eq!(db.rescue().requeued, 0);
    }

    fn a_job_that_loses_every_worker_fails(db: &Fixture) {
        let user = db.user("a");
        let id = db.download(user);
        for attempt in 1..=MAX_ATTEMPTS {
            assert_eq!(db.claim_one(Uuid::now_v7()).attempt, attempt);
            db.let_leases_lapse();
            let rescued = db.rescue();
            let is_last = attempt == MAX_ATTEMPTS;
            assert_eq!((rescued.requeued, rescued.failed), if is_last { (0, 1) } else { (1, 0) });
        }
        let download = db.get(user, id).download;
        assert_eq!((download.status, download.attempts), (Status::Failed, MAX_ATTEMPTS));
        assert_eq!(download.error_code, Some(MediaErrorCode::EngineError));
        assert!(download.error.unwrap().ends_with("3 times."));
        assert!(db.claim(Uuid::now_v7(), 1).is_empty());
        db.retry(user, id).unwrap();
        assert_eq!(db.claim_one(Uuid::now_v7()).attempt, MAX_ATTEMPTS + 1);
    }

    fn rescues_at_once_rescue_each_job_once(db: &Fixture) {
        let user = db.user("a");
        for _ in 0..50 {
            db.download(user);
        }
        assert_eq!(db.claim(Uuid::now_v7(), 50).len(), 50);
        db.let_leases_lapse();
        let rescued: usize = at_once(6, |_| db.rescue().requeued).iter().sum();
        assert_eq!(rescued, 50);
    }
}
