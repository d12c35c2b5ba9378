//! The schema: made, unmade and made again; and what it refuses by itself.

use db_service::{connection, migrations};
use diesel::prelude::*;

use crate::fixture::{Fixture, at_once, on_both};

on_both! {
    fn every_migration_can_be_undone_and_done_again(db: &Fixture) {
        let mut conn = connection::connect(&db.url).unwrap();
        let known = migrations::known(&conn).unwrap();
        assert!(known > 0);
        assert_eq!(migrations::revert_all(&mut conn).unwrap(), known);
        assert!(diesel::sql_query("SELECT * FROM users").execute(&mut conn).is_err());
        assert_eq!(migrations::run_pending(&mut conn).unwrap(), known);
        assert_eq!(migrations::run_pending(&mut conn).unwrap(), 0);
        db.account("a");
    }

    fn processes_that_start_together_migrate_once(db: &Fixture) {
        let mut conn = connection::connect(&db.url).unwrap();
        let known = migrations::revert_all(&mut conn).unwrap();
        let applied = at_once(6, |_| {
            migrations::run_pending(&mut connection::connect(&db.url).unwrap()).unwrap()
        });
        assert_eq!(applied.iter().sum::<usize>(), known);
        assert_eq!(applied.iter().max(), Some(&known));
    }

    fn the_schema_refuses_states_that_cannot_be(db: &Fixture) {
        let user = db.user("a");
        let id = db.download(user);
        let changes = [
            "status = 'paused'",
            "status = 'downloading'",
            "status = 'completed', progress = 100",
            "status = 'failed', completed_at = 1",
            "status = 'cancelled'",
            "progress = 100",
            "progress = -1",
            "lease_owner = 'n', lease_until = 1",
            "completed_at = 1",
            "phase = 'storing'",
            "file_key = 'k'",
            "error_code = 'timed_out'",
            "kind = 'batch'",
            "position = 1",
            "playlist_id = 'nowhere'",
            "batch_id = 'nowhere'",
            "user_id = 99",
            "attempts = -1",
            "expires_at = 1",
        ];
        for change in changes {
            let sql = format!("UPDATE downloads SET {change} WHERE id = '{id}'");
            let refused = db.write(|conn, _| Ok(diesel::sql_query(&sql).execute(conn)?));
            assert!(refused.is_err(), "{change}");
        }
        let allowed = format!("UPDATE downloads SET status = 'cancelled', completed_at = 1 WHERE id = '{id}'");
        assert_eq!(db.write(|conn, _| Ok(diesel::sql_query(&allowed).execute(conn)?)).unwrap(), 1);
    }

    fn the_tables_of_what_is_asked_for_in_bulk_are_there(db: &Fixture) {
        let user = db.user("a");
        let id = db.download(user);
        let bulk = [
            format!(
                "INSERT INTO batches (id, user_id, platform, format, quality, options, status, total, \
                 created_at) VALUES ('b', {user}, 'youtube', 'mp4', 'best', '{{}}', 'pending', 2, 0)"
            ),
            format!(
                "INSERT INTO playlists (id, user_id, platform, url, site_id, format, quality, options, \
                 status, created_at) VALUES ('p', {user}, 'youtube', 'u', 's', 'mp4', 'best', '{{}}', \
                 'pending', 0)"
            ),
            format!("UPDATE downloads SET kind = 'batch', batch_id = 'b', position = 1 WHERE id = '{id}'"),
            "UPDATE batches SET completed = 1, failed = 1 WHERE id = 'b'".to_owned(),
        ];
        for sql in bulk {
            db.write(|conn, _| Ok(diesel::sql_query(&sql).execute(conn)?)).unwrap();
        }
        let more_than_all = "UPDATE batches SET cancelled = 1 WHERE id = 'b'";
        assert!(db.write(|conn, _| Ok(diesel::sql_query(more_than_all).execute(conn)?)).is_err());
        let delete = "DELETE FROM batches WHERE id = 'b'";
        db.write(|conn, _| Ok(diesel::sql_query(delete).execute(conn)?)).unwrap();
        let gone = db.read(|conn, _| db_service::store::downloads::get(conn, &crate::fixture::scope(user), id));
        assert!(gone.is_err());
    }
}
