//! What an operator does to a database from outside.

use common_types::{ErrorCode, audit::AuditQuery};
use db_service::{
    admin::{Admin, check_dump},
    connection, migrations,
    store::{
        accounts,
        audit::{self, Actor},
    },
    url::DatabaseUrl,
};
use service_kit::config::Secret;
use uuid::Uuid;

use crate::fixture::{Fixture, completed, on_both, refusal};

fn url(db: &Fixture) -> Secret {
    Secret::new(match &db.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    })
}

on_both! {
    fn a_schema_says_what_was_applied_and_what_was_not(db: &Fixture) {
        let mut admin = Admin::open(&url(db)).unwrap();
        let schema = admin.schema().unwrap();
        assert_eq!((schema.pending(), schema.foreign()), (Vec::new(), Vec::new()));
        assert_eq!(schema.version(), schema.newest());
        let mut conn = connection::connect(&db.url).unwrap();
        let known = migrations::revert_all(&mut conn).unwrap();
        assert_eq!(admin.schema().unwrap().pending().len(), known);
        assert_eq!(admin.migrate().unwrap(), known);
        assert!(admin.schema().unwrap().pending().is_empty());
        assert!(admin.damage().unwrap().is_empty());
    }

    fn a_copy_holds_what_there_was_and_names_its_files(db: &Fixture) {
        let (user, node) = (db.user("a"), Uuid::now_v7());
        let id = db.download(user);
        let job = db.claim_one(node);
        db.finish(node, &job, completed("singlelink/x/a.mp4")).unwrap();
        db.download(user);
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("copy #1?");
        let mut named = Vec::new();
        let mut admin = Admin::open(&url(db)).unwrap();
        let copied = admin.copy_to(&to, |file| {
            named.push((file.download, file.file.key.clone()));
            Ok(())
        });
        let copied = copied.unwrap();
        assert_eq!((copied.counts.users, copied.counts.downloads), (1, 2));
        assert_eq!(named, [(id, "singlelink/x/a.mp4".to_owned())]);
        // The connection is as it was.
        assert_eq!(admin.read(|conn, now| accounts::list(conn, None, None, now)).unwrap().items.len(), 1);
        if matches!(db.url, DatabaseUrl::Postgres(_)) {
            check_dump(&to).unwrap();
            admin.write(|conn, now| accounts::create(conn, &crate::fixture::new_account("b"), now)).unwrap();
            admin.fill_from(&to, true).unwrap();
        } else {
            let before = std::fs::read(&to).unwrap();
            admin = Admin::open_copy(&to).unwrap();
            assert_eq!(admin.contents(|_file| Ok(())).unwrap(), copied);
            assert_eq!(std::fs::read(&to).unwrap(), before, "looking changes nothing");
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        }
        assert_eq!(admin.contents(|_file| Ok(())).unwrap(), copied);
    }

    fn an_account_goes_with_all_that_is_its_own(db: &Fixture) {
        let (first, second) = (db.user("a"), db.user("b"));
        let id = db.download(second);
        db.session(second);
        let delete = |user| db.write(|conn, now| accounts::delete(conn, &Actor::default(), user, now));
        assert_eq!(refusal(delete(first)), ErrorCode::Forbidden, "somebody must be an administrator");
        delete(second).unwrap();
        assert_eq!(refusal(delete(second)), ErrorCode::NotFound);
        let gone = db.read(|conn, _| db_service::store::downloads::get(conn, &crate::fixture::scope(second), id));
        assert_eq!(refusal(gone), ErrorCode::NotFound);
        let noted = db.read(|conn, _| audit::list(conn, &AuditQuery::default())).unwrap();
        assert_eq!(noted.items[0].target.as_deref(), Some("user:b"));
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_looking() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("magpie.db");
    let url = Secret::new(format!("sqlite://{}", path.display()));
    assert!(Admin::open(&url).is_err() && !path.exists());
    Admin::open_or_make(&url).unwrap().migrate().unwrap();
    assert!(Admin::open(&url).is_ok());
}
