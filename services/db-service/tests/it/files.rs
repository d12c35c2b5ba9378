//! Retention: files go when their time has come, rows much later.

use std::time::Duration;

use common_types::{
    MediaErrorCode,
    download::DownloadType,
    internal::{
        downloads::StoredFile,
        files::{ExpireRequest, FileOwner, FilesQuery},
    },
};
use db_service::store::files;
use uuid::Uuid;

use crate::fixture::{Fixture, completed, failed, on_both};

pub(crate) fn expire(db: &Fixture) -> Vec<StoredFile> {
    let request = ExpireRequest { platform: "youtube".to_owned(), limit: 100 };
    db.write(|conn, now| files::expire(conn, &request, now)).unwrap().0
}

fn page(db: &Fixture, after: Option<Uuid>) -> Vec<Uuid> {
    let query = FilesQuery { platform: "youtube".to_owned(), after, limit: 1 };
    let files = db.read(|conn, _| files::page(conn, &query)).unwrap();
    files.into_iter().map(|file| file.download).collect()
}

on_both! {
    fn a_file_goes_when_its_time_has_come_and_its_row_says_so(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, completed("singlelink/x/a.mp4")).unwrap();
        db.advance(Duration::from_millis(3_599_999));
        assert!(expire(db).is_empty());
        db.advance(Duration::from_millis(1));
        let gone = expire(db);
        assert_eq!(gone[0].key, "singlelink/x/a.mp4");
        assert!(expire(db).is_empty(), "once is enough");
        let record = db.get(user, id);
        assert_eq!((record.file, record.download.file_url, record.download.file_path), (None, None, None));
        assert_eq!(record.download.progress, 100.0);
    }

    fn only_what_rows_name_is_known(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let single = db.download(user);
        let batch = db.batch(user, 2);
        let jobs = db.claim(node, 3);
        for (number, job) in jobs.iter().enumerate() {
            db.finish(node, job, completed(&format!("k/{number}"))).unwrap();
        }
        let owners = [
            FileOwner { kind: DownloadType::Single, id: single },
            FileOwner { kind: DownloadType::Batch, id: batch },
            FileOwner { kind: DownloadType::Playlist, id: batch },
            FileOwner { kind: DownloadType::Single, id: Uuid::now_v7() },
        ];
        let mut known = db.read(|conn, _| files::known(conn, &owners)).unwrap();
        known.sort();
        assert_eq!(known, ["k/0", "k/1", "k/2"]);
        db.advance(Duration::from_secs(3600));
        expire(db);
        assert!(db.read(|conn, _| files::known(conn, &owners)).unwrap().is_empty());
    }

    fn files_that_should_be_there_are_listed_and_their_loss_is_noted(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let ids = [db.download(user), db.download(user)];
        for job in db.claim(node, 2) {
            db.finish(node, &job, completed("k")).unwrap();
        }
        assert_eq!(page(db, None), [ids[0]]);
        assert_eq!(page(db, Some(ids[0])), [ids[1]]);
        assert!(page(db, Some(ids[1])).is_empty());
        db.write(|conn, now| files::note_lost(conn, &[ids[0], Uuid::now_v7()], now)).unwrap();
        assert_eq!(page(db, None), [ids[1]]);
        assert_eq!(db.get(user, ids[0]).file, None);
    }

    fn a_failed_download_is_no_file(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, failed(MediaErrorCode::PrivateVideo)).unwrap();
        db.advance(Duration::from_secs(1_000_000));
        assert!(expire(db).is_empty());
        assert!(page(db, None).is_empty());
    }
}
