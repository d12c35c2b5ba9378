//! The list of downloads.

use common_types::{
    ErrorCode, MediaErrorCode,
    download::{DownloadList, DownloadQuery, DownloadType, Status, StatusTotals},
    internal::downloads::{KnownMedia, NewDownload},
};
use db_service::store::{downloads::Scope, listing};
use uuid::Uuid;

use crate::fixture::{Fixture, completed, failed, new_download, on_both, record, refusal, scope};

fn list(db: &Fixture, scope: &Scope, query: &DownloadQuery) -> DownloadList {
    db.read(|conn, _| listing::list(conn, scope, query)).unwrap()
}

fn titled(db: &Fixture, user: i64, title: &str) {
    let known = KnownMedia { title: Some(title.to_owned()), ..KnownMedia::default() };
    db.create(user, &NewDownload { known, ..new_download("a") }).unwrap();
}

fn titles(db: &Fixture, user: i64, q: &str) -> Vec<String> {
    let query = DownloadQuery { q: Some(q.to_owned()), ..DownloadQuery::default() };
    let items = list(db, &scope(user), &query).items;
    items.into_iter().filter_map(|download| download.title).collect()
}

on_both! {
    fn pages_walk_all_of_ones_own_newest_first(db: &Fixture) {
        let (user, other) = (db.user("a"), db.user("b"));
        let mine: Vec<Uuid> = (0..5).map(|_| db.download(user)).collect();
        db.download(other);
        let mut query = DownloadQuery { limit: Some(2), ..DownloadQuery::default() };
        let mut seen = Vec::new();
        loop {
            let page = list(db, &scope(user), &query);
            seen.extend(page.items.into_iter().map(|download| download.id));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
            // What comes in between does not shift the pages.
            db.download(user);
        }
        assert_eq!(seen, mine.into_iter().rev().collect::<Vec<_>>());
    }

    fn a_cursor_of_elsewhere_is_refused(db: &Fixture) {
        let query = DownloadQuery { cursor: Some("1' OR 1=1".to_owned()), ..DownloadQuery::default() };
        let refused = db.read(|conn, _| listing::list(conn, &scope(1), &query));
        assert_eq!(refusal(refused), ErrorCode::InvalidRequest);
    }

    fn filters_narrow_the_items_and_not_the_totals(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        for _ in 0..5 {
            db.download(user);
        }
        let jobs = db.claim(node, 3);
        db.finish(node, &jobs[0], completed("k")).unwrap();
        db.finish(node, &jobs[1], failed(MediaErrorCode::PrivateVideo)).unwrap();
        let waiting = db.download(user);
        db.cancel(user, waiting).unwrap();
        for (status, count) in [(Status::Pending, 2), (Status::Downloading, 1), (Status::Failed, 1)] {
            let query = DownloadQuery { status: Some(status), ..DownloadQuery::default() };
            let page = list(db, &scope(user), &query);
            assert_eq!(page.items.len(), count, "{status}");
            let totals =
                StatusTotals { pending: 2, downloading: 1, completed: 1, failed: 1, cancelled: 1 };
            assert_eq!(page.totals, totals);
        }
        let query = DownloadQuery { kind: Some(DownloadType::Batch), ..DownloadQuery::default() };
        assert!(list(db, &scope(user), &query).items.is_empty());
    }

    fn a_platform_sees_its_own(db: &Fixture) {
        let user = db.user("a");
        let elsewhere = NewDownload { platform: "tiktok".to_owned(), ..new_download("b") };
        let id = record(db.create(user, &elsewhere).unwrap()).download.id;
        db.download(user);
        let scope = Scope { user_id: user, platform: Some("tiktok".to_owned()) };
        let page = list(db, &scope, &DownloadQuery::default());
        assert_eq!(page.items.iter().map(|item| item.id).collect::<Vec<_>>(), [id]);
        assert_eq!(page.totals.pending, 1);
    }

    fn a_search_ignores_case_and_knows_no_wildcards(db: &Fixture) {
        let user = db.user("a");
        for title in ["Äpfel und Birnen", "100% sicher", "snake_case", "back\\slash", "日本語"] {
            titled(db, user, title);
        }
        assert_eq!(titles(db, user, "äPFEL"), ["Äpfel und Birnen"]);
        assert_eq!(titles(db, user, "0% S"), ["100% sicher"]);
        assert_eq!(titles(db, user, "e_c"), ["snake_case"]);
        assert_eq!(titles(db, user, "k\\s"), ["back\\slash"]);
        assert_eq!(titles(db, user, "本"), ["日本語"]);
        assert_eq!(titles(db, user, "a%b").len(), 0);
        assert_eq!(titles(db, user, "\0").len(), 5);
        assert_eq!(titles(db, user, "WATCH?V=A").len(), 5);
        assert_eq!(titles(db, user, "' OR ''='").len(), 0);
    }
}
