//! Playlists, and finding out what is in them.

use std::time::Duration;

use common_types::{
    ErrorCode, MediaErrorCode,
    account::Quota,
    download::{DownloadType, Status},
    internal::{
        accounts::AccountPatch,
        collections::{
            CollectionChanged, ExpandedEntry, ExpansionAnswer, ExpansionClaim, ExpansionFailure,
            ExpansionJob, ExpansionPage, NewItem, NewPlaylist, PlaylistRecord, Selection,
        },
        downloads::KnownMedia,
        jobs::{LeaseHolder, Outlook},
    },
    media::MediaOptions,
};
use db_service::{
    error::StoreResult,
    store::{accounts, bulk, collections::Collection, expansions, playlists, usage},
};
use uuid::Uuid;

use crate::fixture::{
    Fixture, LEASE_MS, MAX_ATTEMPTS, POLICY, at_once, completed, idempotency, made, on_both,
    record, refusal, scope,
};

fn new_playlist() -> NewPlaylist {
    NewPlaylist {
        platform: "youtube".to_owned(),
        url: "https://www.youtube.com/playlist?list=PL1".to_owned(),
        site_id: "PL1".to_owned(),
        options: MediaOptions::default(),
        selection: Selection { items: Some("1-3,7".to_owned()), ..Selection::default() },
        max_items: 1000,
        title: None,
        uploader: None,
        known_total: None,
        idempotency: None,
    }
}

fn entry(index: u32) -> ExpandedEntry {
    let item = NewItem {
        url: format!("https://www.youtube.com/watch?v=v{index}"),
        video_id: format!("v{index}"),
        known: KnownMedia { title: Some(format!("Number {index}")), ..KnownMedia::default() },
    };
    ExpandedEntry { index, item, problem: None }
}

fn page(job: &ExpansionJob, node: Uuid, indices: &[u32], is_last: bool) -> ExpansionPage {
    ExpansionPage {
        holder: LeaseHolder { node_id: node, attempt: job.attempt },
        lease_ms: LEASE_MS,
        title: Some("A list".to_owned()),
        uploader: None,
        entries: indices.iter().map(|index| entry(*index)).collect(),
        is_last,
        is_truncated: false,
    }
}

impl Fixture {
    fn playlist(&self, user: i64, new: &NewPlaylist) -> Uuid {
        record(self.write(|conn, now| playlists::create(conn, user, new, now)).unwrap()).id
    }

    fn get_playlist(&self, user: i64, id: Uuid) -> PlaylistRecord {
        self.read(|conn, _| playlists::get(conn, &scope(user), &id.to_string())).unwrap()
    }

    fn expand(&self, node: Uuid) -> Vec<ExpansionJob> {
        let claim = ExpansionClaim {
            platform: "youtube".to_owned(),
            node_id: node,
            slots: 2,
            lease_ms: LEASE_MS,
        };
        self.write(|conn, now| expansions::claim(conn, &claim, MAX_ATTEMPTS, now)).unwrap()
    }

    fn expand_one(&self, node: Uuid) -> ExpansionJob {
        self.expand(node).pop().expect("a playlist waits")
    }

    fn add(&self, job: &ExpansionJob, page: &ExpansionPage) -> StoreResult<ExpansionAnswer> {
        let added = self.write(|conn, now| expansions::add_page(conn, job.id, page, now))?;
        Ok(added.answer)
    }

    fn break_off(&self, job: &ExpansionJob, node: Uuid, outlook: Outlook) -> StoreResult<i64> {
        let failure = ExpansionFailure {
            holder: LeaseHolder { node_id: node, attempt: job.attempt },
            problem: MediaErrorCode::NetworkError.into(),
            outlook,
        };
        self.write(|conn, now| expansions::fail(conn, job.id, &failure, &POLICY, now))
    }

    fn cancel_playlist(&self, user: i64, id: Uuid) -> StoreResult<CollectionChanged> {
        self.write(|conn, now| bulk::cancel(conn, Collection::Playlist, &scope(user), id, now))
    }

    fn retry_playlist(&self, user: i64, id: Uuid) -> StoreResult<CollectionChanged> {
        self.write(|conn, now| bulk::retry(conn, Collection::Playlist, &scope(user), id, now))
    }
}

on_both! {
    fn the_same_key_foretells_as_many_items_whatever_became_of_them(db: &Fixture) {
        let user = db.user("a");
        let new = NewPlaylist {
            known_total: Some(40),
            idempotency: idempotency("k", "h"),
            ..new_playlist()
        };
        let create = || db.write(|conn, now| playlists::create(conn, user, &new, now)).unwrap();
        let first = made(&create());
        assert_eq!((first.foretold, made(&create())), (Some(40), first.clone()));
        let list = db.read(|conn, _| playlists::get(conn, &scope(user), &first.id.to_string()));
        assert!(list.unwrap().progress.is_sign_positive(), "of nothing, too");
        db.write(|conn, _| bulk::delete(conn, Collection::Playlist, &scope(user), first.id)).unwrap();
        assert_eq!(made(&create()), first);
    }

    fn a_playlist_grows_page_by_page_and_ends_with_its_last_item(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        assert_eq!(db.get_playlist(user, id).total, None);
        let job = db.expand_one(node);
        assert_eq!((job.id, job.done_to_index, job.max_items), (id, 0, 1000));
        assert_eq!(job.selection.items.as_deref(), Some("1-3,7"));
        assert!(db.expand(node).is_empty(), "it is taken");
        assert_eq!(db.add(&job, &page(&job, node, &[1, 2], false)).unwrap().items, 2);
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.items.len(), playlist.is_expanded, playlist.progress), (2, false, 0.0));
        let early = db.claim_one(node);
        assert_eq!((early.kind, early.playlist_id, early.position), (DownloadType::Playlist, Some(id), Some(1)));
        db.finish(node, &early, completed("k")).unwrap();
        assert!(!db.get_playlist(user, id).status.is_final(), "there is more to come");
        let mut last = page(&job, node, &[3, 7], true);
        last.entries[1].problem = Some(MediaErrorCode::PrivateVideo.into());
        db.add(&job, &last).unwrap();
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.total, playlist.is_expanded, playlist.counts.failed), (Some(4), true, 1));
        assert_eq!(playlist.title.as_deref(), Some("A list"));
        let private = &playlist.items[3].download;
        assert_eq!((private.position, private.error_code), (Some(7), Some(MediaErrorCode::PrivateVideo)));
        for job in db.claim(node, 4) {
            db.finish(node, &job, completed("k")).unwrap();
        }
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.status, playlist.counts.completed), (Status::Completed, 3));
        assert!(playlist.completed_at.is_some());
    }

    fn a_page_that_comes_twice_changes_nothing(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        for _ in 0..2 {
            assert_eq!(db.add(&job, &page(&job, node, &[1, 2], false)).unwrap().items, 2);
        }
        assert_eq!(db.get_playlist(user, id).items.len(), 2);
    }

    fn whoever_takes_over_goes_on_after_the_last_page(db: &Fixture) {
        let (user, node, other) = (db.user("a"), Uuid::now_v7(), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        db.add(&job, &page(&job, node, &[1, 2], false)).unwrap();
        db.let_leases_lapse();
        let again = db.expand_one(other);
        assert_eq!((again.id, again.done_to_index), (id, 2));
        assert_eq!(refusal(db.add(&job, &page(&job, node, &[3], false))), ErrorCode::LeaseLost);
        db.add(&again, &page(&again, other, &[3], true)).unwrap();
        assert_eq!(db.get_playlist(user, id).total, Some(3));
    }

    fn a_playlist_whose_worker_is_lost_again_and_again_fails(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        for _ in 0..MAX_ATTEMPTS {
            db.expand_one(node);
            db.let_leases_lapse();
        }
        assert!(db.expand(node).is_empty());
        let playlist = db.get_playlist(user, id);
        assert_eq!(playlist.status, Status::Failed);
        assert_eq!(playlist.problem.unwrap().error_code, MediaErrorCode::EngineError);
    }

    fn a_list_that_cannot_be_read_now_is_read_later(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        db.break_off(&job, node, Outlook::Transient).unwrap();
        assert_eq!(refusal(db.break_off(&job, node, Outlook::Transient)), ErrorCode::LeaseLost);
        assert!(db.expand(node).is_empty());
        assert_eq!(db.get_playlist(user, id).status, Status::Pending);
        db.advance(Duration::from_secs(5));
        let job = db.expand_one(node);
        db.break_off(&job, node, Outlook::Permanent).unwrap();
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.status, playlist.total), (Status::Failed, Some(0)));
        db.retry_playlist(user, id).unwrap();
        assert_eq!(db.get_playlist(user, id).problem, None);
        db.expand_one(node);
    }

    fn what_was_found_before_the_list_broke_off_is_kept(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        db.add(&job, &page(&job, node, &[1, 2], false)).unwrap();
        db.break_off(&job, node, Outlook::Permanent).unwrap();
        for job in db.claim(node, 4) {
            db.finish(node, &job, completed("k")).unwrap();
        }
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.status, playlist.total), (Status::Completed, Some(2)));
        assert!(playlist.problem.is_some() && !playlist.is_expanded);
        db.retry_playlist(user, id).unwrap();
        let again = db.expand_one(node);
        assert_eq!(again.done_to_index, 2);
        db.add(&again, &page(&again, node, &[3], true)).unwrap();
        assert_eq!(db.get_playlist(user, id).total, Some(3));
    }

    fn a_cancelled_playlist_expands_no_further(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        db.add(&job, &page(&job, node, &[1, 2], false)).unwrap();
        let changed = db.cancel_playlist(user, id).unwrap();
        assert_eq!((changed.status, changed.downloads.len()), (Some(Status::Cancelled), 2));
        assert_eq!(refusal(db.add(&job, &page(&job, node, &[3], true))), ErrorCode::LeaseLost);
        assert!(db.claim(node, 2).is_empty() && db.expand(node).is_empty());
        assert_eq!(refusal(db.cancel_playlist(user, id)), ErrorCode::NotCancellable);
        db.retry_playlist(user, id).unwrap();
        assert_eq!(db.claim(node, 4).len(), 2);
        assert_eq!(db.expand_one(node).done_to_index, 2);
    }

    fn a_playlist_can_be_cancelled_before_anything_is_known_of_it(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        db.cancel_playlist(user, id).unwrap();
        let playlist = db.get_playlist(user, id);
        assert_eq!((playlist.status, playlist.total), (Status::Cancelled, Some(0)));
        assert!(db.expand(node).is_empty());
    }

    fn a_list_without_a_wanted_entry_fails_and_says_so(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        db.add(&job, &page(&job, node, &[], true)).unwrap();
        let playlist = db.get_playlist(user, id);
        assert_eq!(playlist.status, Status::Failed);
        assert_eq!(playlist.problem.unwrap().error_code, MediaErrorCode::VideoUnavailable);
    }

    fn progress_never_falls_while_a_list_grows(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.playlist(user, &NewPlaylist { known_total: Some(2), ..new_playlist() });
        assert_eq!(db.get_playlist(user, id).total, Some(2));
        let job = db.expand_one(node);
        let mut last = 0.0;
        for indices in [[1_u32, 2], [3, 4], [5, 6]] {
            db.add(&job, &page(&job, node, &indices, indices[1] == 6)).unwrap();
            let shown = db.get_playlist(user, id).progress;
            assert!(shown >= last);
            let item = db.claim_one(node);
            db.finish(node, &item, completed("k")).unwrap();
            last = db.get_playlist(user, id).progress;
            assert!(last >= shown);
        }
        assert!(last < 100.0);
    }

    fn a_quota_bounds_how_much_of_a_list_is_taken(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let quota = Quota { max_active_downloads: Some(3), ..Quota::default() };
        let patch = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
        db.write(|conn, now| accounts::patch(conn, user, &patch, now)).unwrap();
        db.playlist(user, &new_playlist());
        assert_eq!(db.expand_one(node).max_items, 3);
    }

    fn lists_that_are_read_at_once_share_one_quota(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let quota = Quota { max_active_downloads: Some(10), ..Quota::default() };
        let patch = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
        db.write(|conn, now| accounts::patch(conn, user, &patch, now)).unwrap();
        let made = at_once(50, |_| {
            db.write(|conn, now| playlists::create(conn, user, &new_playlist(), now)).is_ok()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 10);
        let jobs: Vec<ExpansionJob> = (0..5).flat_map(|_| db.expand(node)).collect();
        assert_eq!(jobs.len(), 10);
        let indices: Vec<u32> = (1..=10).collect();
        at_once(jobs.len(), |index| {
            let job = &jobs[index];
            db.add(job, &page(job, node, &indices, true)).unwrap();
        });
        let usage = db.read(|conn, now| usage::of(conn, user, now)).unwrap();
        assert_eq!(usage.active_downloads, 10);
        let cut = jobs.iter().map(|job| db.get_playlist(user, job.id)).filter(|list| list.problem.is_some());
        assert!(cut.count() >= 9);
    }

    fn a_list_that_had_no_room_goes_on_when_there_is(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let quota = |max| {
            let quota = Quota { max_downloads_per_day: max, ..Quota::default() };
            let patch = AccountPatch { quota: Some(quota), ..AccountPatch::default() };
            db.write(|conn, now| accounts::patch(conn, user, &patch, now)).unwrap();
        };
        let id = db.playlist(user, &new_playlist());
        let job = db.expand_one(node);
        quota(Some(2));
        db.add(&job, &page(&job, node, &[1, 2, 3, 7], true)).unwrap();
        let list = db.get_playlist(user, id);
        assert_eq!((list.items.len(), list.problem.is_some()), (2, true));
        quota(None);
        db.cancel_playlist(user, id).unwrap();
        db.retry_playlist(user, id).unwrap();
        let job = db.expand_one(node);
        db.add(&job, &page(&job, node, &[1, 2, 3, 7], true)).unwrap();
        let list = db.get_playlist(user, id);
        assert_eq!((list.items.len(), list.problem), (4, None));
    }

    fn a_released_expansion_is_taken_up_at_once(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.playlist(user, &new_playlist());
        for _ in 0..5 {
            let job = db.expand_one(node);
            let holder = LeaseHolder { node_id: node, attempt: job.attempt };
            db.write(|conn, _| expansions::release(conn, job.id, &holder)).unwrap();
        }
        assert_eq!(db.expand(node).len(), 1);
    }
}
