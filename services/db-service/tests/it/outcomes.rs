//! How jobs end.

use common_types::{
    ErrorCode, MediaErrorCode, Timestamp,
    download::Status,
    internal::{downloads::KnownMedia, jobs::Outcome},
};
use db_service::store::outcomes;
use uuid::Uuid;

use crate::fixture::{Fixture, at_once, completed, failed, holder, on_both, progress, refusal};

on_both! {
    fn a_completed_job_has_its_file(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.beat(node, vec![progress(&job, 60.0)]);
        let done = db.finish(node, &job, completed("singlelink/k/a.mp4")).unwrap();
        assert_eq!(db.get(user, id), done);
        let file = done.file.unwrap();
        assert_eq!((file.size_bytes, file.crc32, file.sha256.len()), (4000, u32::MAX, 64));
        let download = done.download;
        assert_eq!((download.status, download.progress), (Status::Completed, 100.0));
        assert_eq!(download.file_path.as_deref(), Some("singlelink/k/a.mp4"));
        assert_eq!(download.filename.as_deref(), Some("A title.mp4"));
        assert_eq!(download.file_url, Some(format!("/api/youtube/single/file/{id}")));
        assert_eq!((download.phase, download.speed_bps, download.eta_seconds), (None, None, None));
        let expires_at = Timestamp::from_millis(db.now().as_millis() + 3_600_000);
        assert_eq!((download.completed_at, download.expires_at), (Some(db.now()), Some(expires_at)));
    }

    fn without_retention_nothing_expires(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        let Outcome::Completed { file, .. } = completed("k") else { panic!() };
        let known = KnownMedia { uploader: Some("U".to_owned()), ..KnownMedia::default() };
        let outcome = Outcome::Completed { file, known, retain_ms: None, forgives_site: false };
        let download = db.finish(node, &job, outcome).unwrap().download;
        assert_eq!((download.expires_at, download.uploader.as_deref()), (None, Some("U")));
    }

    fn a_failed_job_says_why(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.beat(node, vec![progress(&job, 60.0)]);
        let download = db.finish(node, &job, failed(MediaErrorCode::PrivateVideo)).unwrap().download;
        let code = MediaErrorCode::PrivateVideo;
        assert_eq!((download.status, download.error_code), (Status::Failed, Some(code)));
        assert_eq!(download.error.as_deref(), Some(code.cause()));
        assert_eq!(download.remedy.as_deref(), Some(code.remedy()));
        assert_eq!((download.progress, download.file_url), (60.0, None));
    }

    fn saying_the_same_again_is_no_error_and_anything_else_is(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        db.download(user);
        let jobs = db.claim(node, 2);
        let done = db.finish(node, &jobs[0], completed("k")).unwrap();
        assert_eq!(db.finish(node, &jobs[0], completed("k")).unwrap(), done);
        for outcome in [completed("other"), failed(MediaErrorCode::TimedOut)] {
            assert_eq!(refusal(db.finish(node, &jobs[0], outcome)), ErrorCode::LeaseLost);
        }
        let code = MediaErrorCode::TimedOut;
        let done = db.finish(node, &jobs[1], failed(code)).unwrap();
        assert_eq!(db.finish(node, &jobs[1], failed(code)).unwrap(), done);
        assert_eq!(refusal(db.finish(node, &jobs[1], completed("k"))), ErrorCode::LeaseLost);
    }

    fn a_cancelled_job_is_never_finished(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.cancel(user, id).unwrap();
        for outcome in [completed("k"), failed(MediaErrorCode::TimedOut)] {
            assert_eq!(refusal(db.finish(node, &job, outcome)), ErrorCode::LeaseLost);
        }
        let released = db.write(|conn, _| outcomes::release(conn, id, &holder(node, &job)));
        assert_eq!(refusal(released), ErrorCode::LeaseLost);
        assert_eq!(db.get(user, id).download.status, Status::Cancelled);
    }

    fn of_a_cancel_and_a_finish_at_once_one_wins(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        for _ in 0..20 {
            let id = db.download(user);
            let job = db.claim_one(node);
            let won = at_once(2, |index| match index {
                0 => db.cancel(user, id).is_ok(),
                _ => db.finish(node, &job, completed("k")).is_ok(),
            });
            assert_ne!(won[0], won[1]);
            let status = if won[0] { Status::Cancelled } else { Status::Completed };
            assert_eq!(db.get(user, id).download.status, status);
        }
    }

    fn a_released_job_waits_at_its_place_and_lost_no_attempt(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let (first, second) = (db.download(user), db.download(user));
        let job = db.claim_one(node);
        db.beat(node, vec![progress(&job, 30.0)]);
        db.write(|conn, _| outcomes::release(conn, first, &holder(node, &job))).unwrap();
        let download = db.get(user, first).download;
        assert_eq!((download.status, download.attempts), (Status::Pending, 0));
        assert_eq!((download.progress, download.phase), (30.0, None));
        let jobs = db.claim(node, 2);
        assert_eq!([jobs[0].id, jobs[1].id], [first, second]);
        assert!(jobs[0].attempt > job.attempt);
    }

    fn nobody_ends_a_job_that_is_not_theirs(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        assert_eq!(refusal(db.finish(Uuid::now_v7(), &job, completed("k"))), ErrorCode::LeaseLost);
        let ghost = common_types::internal::jobs::Job { id: Uuid::now_v7(), ..job };
        assert_eq!(refusal(db.finish(node, &ghost, completed("k"))), ErrorCode::LeaseLost);
    }
}
