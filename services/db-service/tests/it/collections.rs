//! Batches: all or nothing, counted exactly, ended as a whole. Most of it holds for playlists too.

use std::time::Duration;

use common_types::{
    ErrorCode, MediaErrorCode,
    account::Quota,
    download::{DownloadType, Status},
    internal::{
        accounts::AccountPatch,
        collections::{BatchRecord, CollectionChanged, NewBatch, NewItem},
        downloads::KnownMedia,
    },
    media::MediaOptions,
};
use db_service::{
    error::StoreResult,
    store::{
        accounts, batches, bulk,
        collections::Collection,
        downloads::{self, Created, Scope},
    },
};
use uuid::Uuid;

use crate::fixture::{
    Fixture, at_once, completed, failed, idempotency, on_both, progress, record, refusal, scope,
};

pub(crate) fn new_batch(count: usize) -> NewBatch {
    let item = |number: usize| NewItem {
        url: format!("https://www.youtube.com/watch?v=v{number}"),
        video_id: format!("v{number}"),
        known: KnownMedia::default(),
    };
    NewBatch {
        platform: "youtube".to_owned(),
        options: MediaOptions::default(),
        items: (1..=count).map(item).collect(),
        duplicates: 2,
        idempotency: None,
    }
}

impl Fixture {
    fn create_batch(&self, user: i64, new: &NewBatch) -> StoreResult<Created<BatchRecord>> {
        self.write(|conn, now| batches::create(conn, user, new, now))
    }

    pub(crate) fn batch(&self, user: i64, count: usize) -> Uuid {
        record(self.create_batch(user, &new_batch(count)).unwrap()).id
    }

    fn get_batch(&self, user: i64, id: Uuid) -> BatchRecord {
        self.read(|conn, _now| batches::get(conn, &scope(user), &id.to_string())).unwrap()
    }

    fn cancel_batch(&self, user: i64, id: Uuid) -> StoreResult<CollectionChanged> {
        self.write(|conn, now| bulk::cancel(conn, Collection::Batch, &scope(user), id, now))
    }

    fn retry_batch(&self, user: i64, id: Uuid) -> StoreResult<CollectionChanged> {
        self.write(|conn, now| bulk::retry(conn, Collection::Batch, &scope(user), id, now))
    }

    fn limit(&self, user: i64, quota: Quota) {
        let patch = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
        self.write(|conn, now| accounts::patch(conn, user, &patch, now)).unwrap();
    }
}

/// The counters are those of the items, whatever happened.
fn assert_exact(batch: &BatchRecord) {
    let count = |status| {
        u64::try_from(batch.items.iter().filter(|item| item.download.status == status).count())
            .unwrap()
    };
    let counts = batch.counts;
    assert_eq!(counts.completed, count(Status::Completed));
    assert_eq!(counts.failed, count(Status::Failed));
    assert_eq!(counts.cancelled, count(Status::Cancelled));
    assert_eq!(batch.total, u64::try_from(batch.items.len()).unwrap());
    assert_eq!(batch.completed_at.is_some(), batch.status.is_final());
}

on_both! {
    fn a_batch_has_its_items_in_order_and_counts_them(db: &Fixture) {
        let user = db.user("a");
        let batch = record(db.create_batch(user, &new_batch(3)).unwrap());
        assert_eq!((batch.total, batch.duplicates, batch.status), (3, 2, Status::Pending));
        for (number, item) in (1..).zip(&batch.items) {
            let download = &item.download;
            assert_eq!(download.position, Some(number));
            assert_eq!(download.video_id, Some(format!("v{number}")));
            assert_eq!((download.kind, download.batch_id), (DownloadType::Batch, Some(batch.id)));
        }
        let job = db.claim_one(Uuid::now_v7());
        assert_eq!((job.kind, job.batch_id, job.position), (DownloadType::Batch, Some(batch.id), Some(1)));
        assert_eq!(db.get_batch(user, batch.id).status, Status::Downloading);
        let foreign = db.read(|conn, _| batches::get(conn, &scope(user + 1), &batch.id.to_string()));
        assert_eq!(refusal(foreign), ErrorCode::NotFound);
        let elsewhere = Scope { user_id: user, platform: Some("vimeo".to_owned()) };
        let elsewhere = db.read(|conn, _| batches::get(conn, &elsewhere, &batch.id.to_string()));
        assert_eq!(refusal(elsewhere), ErrorCode::NotFound);
    }

    fn a_batch_ends_completed_if_one_item_did_and_failed_if_none_did(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        for (outcomes, status) in [
            ([true, false, false], Status::Completed),
            ([false, false, false], Status::Failed),
            ([true, true, true], Status::Completed),
        ] {
            let id = db.batch(user, 3);
            for (index, succeeds) in outcomes.into_iter().enumerate() {
                assert!(!db.get_batch(user, id).status.is_final());
                let job = db.claim_one(node);
                let outcome = if succeeds { completed("k") } else { failed(MediaErrorCode::PrivateVideo) };
                db.finish(node, &job, outcome).unwrap();
                let batch = db.get_batch(user, id);
                assert_exact(&batch);
                assert_eq!(batch.status.is_final(), index == 2);
            }
            assert_eq!(db.get_batch(user, id).status, status);
        }
    }

    fn telling_an_end_twice_counts_once(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 2);
        let job = db.claim_one(node);
        for _ in 0..3 {
            db.finish(node, &job, completed("k")).unwrap();
        }
        assert_eq!(db.get_batch(user, id).counts.completed, 1);
    }

    fn ends_that_come_at_once_are_all_counted(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 24);
        let jobs = db.claim(node, 24);
        at_once(6, |thread| {
            for job in jobs.iter().skip(thread).step_by(6) {
                let even = job.position.unwrap() % 2 == 0;
                let outcome = if even { completed("k") } else { failed(MediaErrorCode::PrivateVideo) };
                db.finish(node, job, outcome).unwrap();
            }
        });
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert_eq!((batch.counts.completed, batch.counts.failed), (12, 12));
        assert_eq!(batch.status, Status::Completed);
    }

    fn a_cancelled_batch_is_over_and_none_of_it_ever_starts(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 4);
        let jobs = db.claim(node, 2);
        db.finish(node, &jobs[0], completed("k")).unwrap();
        let changed = db.cancel_batch(user, id).unwrap();
        assert_eq!((changed.status, changed.downloads.len()), (Some(Status::Cancelled), 3));
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert_eq!((batch.status, batch.counts.completed), (Status::Cancelled, 1));
        assert_eq!(refusal(db.finish(node, &jobs[1], completed("k"))), ErrorCode::LeaseLost);
        assert!(db.beat(node, vec![progress(&jobs[1], 50.0)]).lost.contains(&jobs[1].id));
        assert!(db.claim(node, 4).is_empty());
        assert_eq!(refusal(db.cancel_batch(user, id)), ErrorCode::NotCancellable);
        assert_eq!(refusal(db.cancel_batch(user + 1, id)), ErrorCode::NotFound);
    }

    fn a_retry_takes_the_failed_and_cancelled_ones(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 4);
        assert_eq!(refusal(db.retry_batch(user, id)), ErrorCode::NotRetryable);
        let jobs = db.claim(node, 2);
        db.beat(node, vec![progress(&jobs[1], 60.0)]);
        db.finish(node, &jobs[0], completed("k")).unwrap();
        db.finish(node, &jobs[1], failed(MediaErrorCode::PrivateVideo)).unwrap();
        db.cancel_batch(user, id).unwrap();
        let before = db.get_batch(user, id).progress;
        let changed = db.retry_batch(user, id).unwrap();
        assert_eq!(changed.downloads.len(), 3);
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert_eq!((batch.status, batch.counts.completed), (Status::Downloading, 1));
        assert!(batch.progress >= before);
        let again = db.claim(node, 4);
        let positions: Vec<_> = again.iter().map(|job| job.position.unwrap()).collect();
        assert_eq!(positions, [2, 3, 4]);
        for job in again {
            db.finish(node, &job, completed("k")).unwrap();
        }
        let batch = db.get_batch(user, id);
        assert_eq!((batch.status, batch.progress), (Status::Completed, 100.0));
    }

    fn items_that_are_changed_one_by_one_are_counted_too(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 3);
        let items = db.get_batch(user, id).items;
        let item = |index: usize| items[index].download.id;
        db.cancel(user, item(0)).unwrap();
        db.cancel(user, item(1)).unwrap();
        assert_exact(&db.get_batch(user, id));
        db.cancel(user, item(2)).unwrap();
        let batch = db.get_batch(user, id);
        assert_eq!(batch.status, Status::Cancelled);
        db.retry(user, item(1)).unwrap();
        assert_exact(&db.get_batch(user, id));
        let job = db.claim_one(node);
        db.finish(node, &job, completed("k")).unwrap();
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert_eq!(batch.status, Status::Completed);
    }

    fn a_batch_goes_with_its_last_item_and_its_progress_never_falls(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 3);
        let items = db.get_batch(user, id).items;
        let job = db.claim_one(node);
        db.finish(node, &job, completed("k")).unwrap();
        let shown = db.get_batch(user, id).progress;
        let delete = |index: usize| {
            let item: &common_types::internal::downloads::DownloadRecord = &items[index];
            db.write(|conn, now| downloads::delete(conn, &scope(user), item.download.id, now)).unwrap()
        };
        assert!(delete(0).file.is_some());
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert!(batch.progress >= shown);
        delete(1);
        delete(2);
        let gone = db.read(|conn, _| batches::get(conn, &scope(user), &id.to_string()));
        assert_eq!(refusal(gone), ErrorCode::NotFound);
    }

    fn a_deleted_batch_names_its_files(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 3);
        let jobs = db.claim(node, 2);
        db.finish(node, &jobs[0], completed("multilink/b/1.mp4")).unwrap();
        let gone = db.write(|conn, _| bulk::delete(conn, Collection::Batch, &scope(user), id)).unwrap();
        assert_eq!((gone.downloads.len(), gone.files.len()), (3, 1));
        assert_eq!(refusal(db.finish(node, &jobs[1], completed("k"))), ErrorCode::LeaseLost);
        let again = db.write(|conn, _| bulk::delete(conn, Collection::Batch, &scope(user), id));
        assert_eq!(refusal(again), ErrorCode::NotFound);
    }

    fn a_lost_worker_is_counted_in_the_end(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.batch(user, 1);
        for _ in 0..3 {
            db.claim_one(node);
            db.let_leases_lapse();
            db.rescue();
        }
        let batch = db.get_batch(user, id);
        assert_exact(&batch);
        assert_eq!((batch.status, batch.counts.failed), (Status::Failed, 1));
    }

    fn the_same_key_makes_one_batch(db: &Fixture) {
        let user = db.user("a");
        let new = NewBatch { idempotency: idempotency("k", "h"), ..new_batch(2) };
        let first = db.create_batch(user, &new).unwrap();
        let Created::New(first) = first else { panic!("{first:?}") };
        let again = db.create_batch(user, &new).unwrap();
        let Created::Before(again) = again else { panic!("{again:?}") };
        assert_eq!(first.id, again.id);
        db.write(|conn, _| bulk::delete(conn, Collection::Batch, &scope(user), first.id)).unwrap();
        let late = db.create_batch(user, &new).unwrap();
        assert!(matches!(&late, Created::Before(made) if *made == again), "{late:?}");
        let other = NewBatch { idempotency: idempotency("k", "other"), ..new_batch(2) };
        assert_eq!(refusal(db.create_batch(user, &other)), ErrorCode::AlreadyExists);
    }

    fn a_batch_that_exceeds_the_quota_creates_nothing(db: &Fixture) {
        let user = db.user("a");
        db.limit(user, Quota { max_active_downloads: Some(3), ..Quota::default() });
        assert_eq!(refusal(db.create_batch(user, &new_batch(4))), ErrorCode::QuotaExceeded);
        assert!(db.claim(Uuid::now_v7(), 1).is_empty());
        db.batch(user, 3);
        assert_eq!(refusal(db.create_batch(user, &new_batch(1))), ErrorCode::QuotaExceeded);
        assert_eq!(refusal(db.create_batch(user, &new_batch(0))), ErrorCode::InvalidRequest);
    }

    fn single_downloads_stand_before_what_the_same_user_asked_for_in_bulk(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.batch(user, 5);
        db.claim_one(node);
        let single = db.download(user);
        assert_eq!(db.claim_one(node).id, single);
    }

    fn bulk_of_one_user_delays_another_by_one_download(db: &Fixture) {
        let (a, b, node) = (db.user("a"), db.user("b"), Uuid::now_v7());
        db.batch(a, 20);
        db.batch(b, 3);
        let order: Vec<i64> = (0..7).map(|_| db.claim_one(node).user_id).collect();
        assert_eq!(order, [a, b, a, b, a, b, a]);
    }

    fn usage_does_not_count_what_retention_took(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, completed("k")).unwrap();
        let stored = || {
            db.read(|conn, now| db_service::store::usage::of(conn, user, now)).unwrap().stored_bytes
        };
        assert_eq!(stored(), 4000);
        db.advance(Duration::from_secs(3600));
        assert_eq!(crate::files::expire(db).len(), 1);
        assert_eq!(stored(), 0);
    }
}
