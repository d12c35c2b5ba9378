//! What happens while the database is away.

use std::time::{Duration, Instant};

use db_service::{database::Database, error::StoreError, store::accounts, url::DatabaseUrl};
use service_kit::ApiError;
use temp_postgres::TempPostgres;

use crate::fixture::new_account;

/// More than the pool keeps open without work.
const MAX_IDLE_CONNECTIONS: usize = 32;

#[test]
fn a_server_that_is_gone_makes_unavailable() {
    let server = TempPostgres::start().expect("these tests need PostgreSQL");
    let url = DatabaseUrl::parse(&server.url()).unwrap();
    let database = Database::open(&url);
    let now = common_types::Timestamp::from_millis(0);
    let create = || database.write(|conn| accounts::create(conn, &new_account("a"), now));
    // Connected, but there is no schema: that is our failure, not an outage.
    let error = create().unwrap_err();
    assert_eq!(ApiError::from(error).problem().status, 500);
    drop(server);
    // Every connection that broke says so once, and none is used again: soon there is none left.
    for _ in 0..MAX_IDLE_CONNECTIONS {
        let started = Instant::now();
        let error = create().unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(6));
        let is_exhausted = matches!(error, StoreError::Pool(_));
        assert_eq!(ApiError::from(error).problem().status, 503);
        if is_exhausted {
            return;
        }
    }
    panic!("broken connections are used again and again");
}

#[test]
fn a_transaction_left_idle_is_ended_by_the_server() {
    let server = TempPostgres::start().expect("these tests need PostgreSQL");
    let setting = |name: &str| {
        let url = DatabaseUrl::parse(&server.url()).unwrap();
        let mut conn = db_service::connection::connect(&url).unwrap();
        show(&mut conn, name)
    };
    assert_eq!(setting("idle_in_transaction_session_timeout"), "10s");
    assert_eq!(setting("statement_timeout"), "8s");
    assert_eq!(setting("lock_timeout"), "5s");
}

fn show(conn: &mut db_service::connection::AnyConnection, name: &str) -> String {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }
    let sql = "SELECT current_setting($1) AS value";
    let query = diesel::sql_query(sql).bind::<diesel::sql_types::Text, _>(name);
    query.get_result::<Setting>(conn).unwrap().value
}
