//! Quotas hold however many requests come at once; lists are with the other rules about lists.

use std::time::Duration;

use common_types::{
    ErrorCode, MediaErrorCode,
    account::{Quota, Usage},
    download::Status,
    internal::accounts::AccountPatch,
};
use db_service::{
    error::{StoreError, StoreResult},
    store::{accounts, batches, usage},
};
use uuid::Uuid;

use crate::{
    collections::new_batch,
    fixture::{Fixture, at_once, completed, failed, new_download, on_both, refusal},
};

/// The test's one user, with this quota from now on.
fn limited(db: &Fixture, quota: Quota) -> i64 {
    let found = db.read(|conn, _| accounts::get(conn, 1));
    let user = found.map_or_else(|_none| db.user("a"), |account| account.user.id);
    let patch = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
    db.write(|conn, now| accounts::patch(conn, user, &patch, now)).unwrap();
    user
}

fn usage(db: &Fixture, user: i64) -> Usage {
    db.read(|conn, now| usage::of(conn, user, now)).unwrap()
}

/// How many were accepted; the others must have exceeded the quota.
fn accepted<T: std::fmt::Debug>(made: Vec<StoreResult<T>>) -> usize {
    let count = made.len();
    let refused: Vec<_> = made.into_iter().filter(Result::is_err).collect();
    let accepted = count - refused.len();
    for refused in refused {
        assert_eq!(refusal(refused), ErrorCode::QuotaExceeded);
    }
    accepted
}

on_both! {
    fn a_days_allowance_comes_back_with_the_next_day(db: &Fixture) {
        let user = limited(db, Quota { max_downloads_per_day: Some(1), ..Quota::default() });
        db.create(user, &new_download("a")).unwrap();
        let refused = db.create(user, &new_download("b")).unwrap_err();
        let StoreError::Refused { retry_after_seconds: Some(wait), .. } = refused else {
            panic!("{refused:?}");
        };
        db.advance(Duration::from_secs(wait - 1));
        assert_eq!(refusal(db.create(user, &new_download("b"))), ErrorCode::QuotaExceeded);
        db.advance(Duration::from_secs(1));
        db.create(user, &new_download("b")).unwrap();
    }

    fn of_fifty_downloads_at_once_ten_are_accepted(db: &Fixture) {
        for quota in [
            Quota { max_active_downloads: Some(10), ..Quota::default() },
            Quota { max_downloads_per_day: Some(20), ..Quota::default() },
        ] {
            let user = limited(db, quota);
            let made = at_once(50, |index| db.create(user, &new_download(&format!("v{index}"))));
            assert_eq!(accepted(made), 10);
        }
        assert_eq!(usage(db, 1).downloads_today, 20);
    }

    fn of_fifty_batches_at_once_those_are_accepted_that_fit(db: &Fixture) {
        let user = limited(db, Quota { max_active_downloads: Some(10), ..Quota::default() });
        let made = at_once(50, |_| {
            db.write(|conn, now| batches::create(conn, user, &new_batch(3), now))
        });
        assert_eq!(accepted(made), 3);
        assert_eq!(usage(db, user).active_downloads, 9);
    }

    fn singles_and_batches_at_once_share_one_quota(db: &Fixture) {
        let user = limited(db, Quota { max_downloads_per_day: Some(10), ..Quota::default() });
        let made = at_once(50, |index| match index % 2 {
            0 => db.create(user, &new_download(&format!("v{index}"))).map(drop),
            _ => db.write(|conn, now| batches::create(conn, user, &new_batch(2), now)).map(drop),
        });
        accepted(made);
        assert_eq!(usage(db, user).downloads_today, 10);
    }

    fn of_files_that_come_at_once_those_are_kept_that_fit(db: &Fixture) {
        // Each has 4000 bytes.
        let user = limited(db, Quota { max_stored_bytes: Some(9_999), ..Quota::default() });
        let node = Uuid::now_v7();
        for index in 0..4 {
            db.create(user, &new_download(&format!("v{index}"))).unwrap();
        }
        db.write(|conn, now| batches::create(conn, user, &new_batch(4), now)).unwrap();
        let jobs = db.claim(node, 8);
        assert_eq!(jobs.len(), 8);
        let ended = at_once(8, |index| db.finish(node, &jobs[index], completed(&format!("k{index}"))));
        let kept: Vec<_> = ended.iter().map(Result::is_ok).collect();
        assert_eq!(accepted(ended), 2);
        assert_eq!(usage(db, user).stored_bytes, 8000);
        for (index, job) in jobs.iter().enumerate() {
            let again = db.finish(node, job, completed(&format!("k{index}")));
            if kept[index] {
                again.unwrap();
            } else {
                // It is still the node's, which says why it failed.
                assert_eq!(refusal(again), ErrorCode::QuotaExceeded);
                let failed = db.finish(node, job, failed(MediaErrorCode::FileTooLarge)).unwrap();
                assert_eq!(failed.download.status, Status::Failed);
            }
        }
    }
}
