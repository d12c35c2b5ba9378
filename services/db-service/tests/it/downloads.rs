//! Single downloads.

use std::{collections::HashSet, time::Duration};

use common_types::{
    ErrorCode, MediaErrorCode,
    account::Quota,
    download::{DownloadType, Status},
    internal::{
        accounts::AccountPatch,
        downloads::{KnownMedia, Made, NewDownload},
    },
    media::{Format, MediaOptions, Quality, SponsorBlockCategory, SubtitleOptions},
};
use db_service::store::{
    accounts,
    downloads::{self, Created, Scope},
    upkeep, usage,
};
use uuid::Uuid;

use crate::fixture::{
    self, Fixture, at_once, completed, failed, idempotency, new_download, on_both, progress,
    record, refusal, scope,
};

on_both! {
    fn a_download_is_kept_as_it_was_asked_for(db: &Fixture) {
        let user = db.user("a");
        let options = MediaOptions {
            format: Format::Mp3,
            quality: Quality::K192,
            subtitles: Some(SubtitleOptions { languages: vec!["pt-BR".to_owned()], embed: false }),
            embed_metadata: true,
            sponsorblock_remove: vec![SponsorBlockCategory::Intro],
        };
        let known = KnownMedia { title: Some("A\0 title".to_owned()), ..KnownMedia::default() };
        let new = NewDownload { options: options.clone(), known, ..new_download("v1") };
        let made = record(db.create(user, &new).unwrap());
        assert_eq!(db.get(user, made.download.id), made);
        let download = made.download;
        assert_eq!(download.download_id, download.id);
        assert_eq!(download.kind, DownloadType::Single);
        assert_eq!((download.status, download.progress, download.attempts), (Status::Pending, 0.0, 0));
        assert_eq!(download.title.as_deref(), Some("A title"));
        assert_eq!(download.video_id.as_deref(), Some("v1"));
        assert_eq!(download.created_at, db.now());
        assert_eq!(db.claim_one(Uuid::now_v7()).options, options);
    }

    fn a_repetition_makes_nothing(db: &Fixture) {
        let user = db.user("a");
        let new = NewDownload { idempotency: idempotency("k", "h"), ..new_download("a") };
        let first = record(db.create(user, &new).unwrap());
        let Created::Before(second) = db.create(user, &new).unwrap() else {
            panic!("made a second one");
        };
        assert_eq!(second, Made { id: first.download.id, foretold: None });
        let other = NewDownload { idempotency: idempotency("k", "another"), ..new_download("a") };
        assert_eq!(refusal(db.create(user, &other)), ErrorCode::AlreadyExists);
    }

    fn a_key_is_one_users(db: &Fixture) {
        let new = NewDownload { idempotency: idempotency("k", "h"), ..new_download("a") };
        for name in ["a", "b"] {
            assert!(matches!(db.create(db.user(name), &new).unwrap(), Created::New(_)));
        }
    }

    fn a_key_is_forgotten_after_a_day(db: &Fixture) {
        let user = db.user("a");
        let new = NewDownload { idempotency: idempotency("k", "h"), ..new_download("a") };
        db.create(user, &new).unwrap();
        db.advance(Duration::from_secs(24 * 3600 - 1));
        assert!(matches!(db.create(user, &new).unwrap(), Created::Before(_)));
        db.advance(Duration::from_secs(1));
        assert!(matches!(db.create(user, &new).unwrap(), Created::New(_)));
        db.advance(Duration::from_secs(24 * 3600));
        assert_eq!(db.write(upkeep::purge).unwrap().idempotency_keys, 1);
    }

    fn repetitions_at_once_make_one(db: &Fixture) {
        let user = db.user("a");
        let new = NewDownload { idempotency: idempotency("k", "h"), ..new_download("a") };
        let made = at_once(8, |_| db.create(user, &new).unwrap());
        assert_eq!(made.iter().filter(|made| matches!(made, Created::New(_))).count(), 1);
        let ids: HashSet<_> = made.iter().map(|created| fixture::made(created).id).collect();
        assert_eq!(ids.len(), 1);
    }

    fn a_late_repetition_is_answered_alike_and_does_not_bring_back_what_was_deleted(db: &Fixture) {
        let user = db.user("a");
        let new = NewDownload { idempotency: idempotency("k", "h"), ..new_download("a") };
        let id = record(db.create(user, &new).unwrap()).download.id;
        db.write(|conn, now| downloads::delete(conn, &scope(user), id, now)).unwrap();
        let again = db.create(user, &new).unwrap();
        assert!(matches!(again, Created::Before(Made { id: made, .. }) if made == id), "{again:?}");
        assert_eq!(refusal(db.read(|conn, _| downloads::get(conn, &scope(user), id))), ErrorCode::NotFound);
    }

    fn anothers_download_is_not_found_by_any_operation(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let id = db.download(user);
        let elsewhere = Scope { user_id: user, platform: Some("tiktok".to_owned()) };
        for scope in [scope(other), elsewhere] {
            let got = db.read(|conn, _| downloads::get(conn, &scope, id));
            let cancelled = db.write(|conn, now| downloads::cancel(conn, &scope, id, now));
            let retried = db.write(|conn, now| downloads::retry(conn, &scope, id, now));
            let deleted = db.write(|conn, now| downloads::delete(conn, &scope, id, now));
            for result in [got, cancelled, retried, deleted.map(|_| db.get(user, id))] {
                assert_eq!(refusal(result), ErrorCode::NotFound);
            }
        }
        assert_eq!(db.get(user, id).download.status, Status::Pending);
    }

    fn what_waits_or_runs_can_be_cancelled_and_nothing_else(db: &Fixture) {
        let user = db.user("a");
        let waiting = db.download(user);
        let cancelled = db.cancel(user, waiting).unwrap().download;
        assert_eq!((cancelled.status, cancelled.completed_at), (Status::Cancelled, Some(db.now())));
        let running = db.download(user);
        db.claim_one(Uuid::now_v7());
        let cancelled = db.cancel(user, running).unwrap().download;
        assert_eq!((cancelled.status, cancelled.phase), (Status::Cancelled, None));
        assert_eq!(refusal(db.cancel(user, running)), ErrorCode::NotCancellable);
    }

    fn what_failed_or_was_cancelled_can_be_tried_again(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        assert_eq!(refusal(db.retry(user, id)), ErrorCode::NotRetryable);
        let job = db.claim_one(node);
        assert_eq!(refusal(db.retry(user, id)), ErrorCode::NotRetryable);
        db.beat(node, vec![progress(&job, 40.0)]);
        let ended = db.finish(node, &job, failed(MediaErrorCode::NetworkError)).unwrap().download;
        assert_eq!(ended.error_code, Some(MediaErrorCode::NetworkError));
        let again = db.retry(user, id).unwrap().download;
        assert_eq!((again.status, again.attempts, again.progress), (Status::Pending, 0, 40.0));
        assert_eq!((again.error_code, again.error, again.remedy), (None, None, None));
        assert_eq!((again.started_at, again.completed_at), (None, None));
        let job = db.claim_one(node);
        assert_eq!(db.get(user, id).download.attempts, 1);
        db.finish(node, &job, completed("k")).unwrap();
        assert_eq!(refusal(db.retry(user, id)), ErrorCode::NotRetryable);
    }

    fn a_retry_never_revives_an_old_attempt(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let old = db.claim_one(node);
        db.cancel(user, id).unwrap();
        db.retry(user, id).unwrap();
        let new = db.claim_one(node);
        assert!(new.attempt > old.attempt);
        assert_eq!(refusal(db.finish(node, &old, completed("k"))), ErrorCode::LeaseLost);
        assert_eq!(db.beat(node, vec![progress(&old, 90.0)]).lost, [id]);
        assert!(db.beat(node, vec![progress(&new, 10.0)]).lost.is_empty());
        assert_eq!(db.get(user, id).download.progress, 10.0);
    }

    fn deleting_names_the_file_and_ends_a_job(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let done = db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, completed("singlelink/x/y.mp4")).unwrap();
        let removed = db.write(|conn, now| downloads::delete(conn, &scope(user), done, now)).unwrap();
        assert_eq!(removed.file.unwrap().key, "singlelink/x/y.mp4");
        let running = db.download(user);
        let job = db.claim_one(node);
        let removed = db.write(|conn, now| downloads::delete(conn, &scope(user), running, now)).unwrap();
        assert_eq!((removed.id, removed.file), (running, None));
        assert_eq!(db.beat(node, vec![progress(&job, 1.0)]).lost, [running]);
        assert_eq!(refusal(db.finish(node, &job, completed("k"))), ErrorCode::LeaseLost);
    }

    fn usage_counts_what_is_stored_asked_for_and_active(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, completed("k")).unwrap();
        db.advance(Duration::from_secs(24 * 3600));
        db.download(user);
        let usage = db.read(|conn, now| usage::of(conn, user, now)).unwrap();
        assert_eq!((usage.stored_bytes, usage.downloads_today, usage.active_downloads), (4000, 1, 1));
    }

    fn a_quota_is_not_exceeded_even_at_once(db: &Fixture) {
        let user = db.user("a");
        let quota = Quota { max_active_downloads: Some(3), ..Quota::default() };
        let change = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
        db.write(|conn, now| accounts::patch(conn, user, &change, now)).unwrap();
        let made = at_once(8, |_| db.create(user, &new_download("a")));
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
        for refused in made.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(refused), ErrorCode::QuotaExceeded);
        }
    }

    fn a_download_needs_an_account(db: &Fixture) {
        assert_eq!(refusal(db.create(99, &new_download("a"))), ErrorCode::NotFound);
    }
}
