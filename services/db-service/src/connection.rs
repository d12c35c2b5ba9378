//! One connection type for both databases, and how each is opened.

use diesel::{
    PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager},
    prelude::*,
    r2d2::{Error, R2D2Connection},
    sql_types::{Nullable, Text},
};

use crate::{error::StoreResult, url::DatabaseUrl};

/// How long a statement may run, and how long a transaction may idle, on PostgreSQL. An old
/// snapshot left open makes every claim slower for as long as it lives.
const POSTGRES_SESSION: &str = "SET statement_timeout = '8s'; \
     SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; \
     SET synchronous_commit = on;";

/// `synchronous = FULL` syncs the log at every commit: what was answered survives a power cut.
const SQLITE_SESSION: &str = "PRAGMA busy_timeout = 5000; \
     PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; \
     PRAGMA cache_size = -16384;";

/// A connection to whichever database the URL names.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs the same typed query on either database, for what does not compile through the enum.
macro_rules! on_either {
    ($conn:expr, $inner:ident => $query:expr) => {
        match $conn {
            $crate::connection::AnyConnection::Postgres($inner) => $query,
            $crate::connection::AnyConnection::Sqlite($inner) => $query,
        }
    };
}
pub(crate) use on_either;

/// Opens a connection with the session settings that every operation relies on.
///
/// # Errors
/// When the database cannot be reached or opened.
pub fn connect(url: &DatabaseUrl) -> Result<AnyConnection, Error> {
    match url {
        DatabaseUrl::Postgres(url) => connect_postgres(url),
        DatabaseUrl::Sqlite(path) => connect_sqlite(&path.to_string_lossy()),
    }
}

fn connect_postgres(url: &str) -> Result<AnyConnection, Error> {
    let url = with_connect_timeout(url);
    let mut conn = PgConnection::establish(&url).map_err(Error::ConnectionError)?;
    conn.batch_execute(POSTGRES_SESSION).map_err(Error::QueryError)?;
    Ok(AnyConnection::Postgres(conn))
}

/// libpq waits for ever by default.
fn with_connect_timeout(url: &str) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}connect_timeout=3")
}

/// SQLite's own `lower` knows ASCII only.
#[diesel::declare_sql_function]
extern "SQL" {
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

fn connect_sqlite(path: &str) -> Result<AnyConnection, Error> {
    let mut conn = SqliteConnection::establish(path).map_err(Error::ConnectionError)?;
    conn.batch_execute(SQLITE_SESSION).map_err(Error::QueryError)?;
    lower_utils::register_impl(&mut conn, |text: Option<String>| {
        text.map(|text| text.to_lowercase())
    })
    .map_err(Error::QueryError)?;
    Ok(AnyConnection::Sqlite(conn))
}

/// Opens connections for a pool.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) url: DatabaseUrl,
    /// Refuses writes on this pool's connections (SQLite).
    pub(crate) read_only: bool,
}

impl r2d2::ManageConnection for Connector {
    type Connection = AnyConnection;
    type Error = Error;

    fn connect(&self) -> Result<AnyConnection, Error> {
        let mut conn = connect(&self.url)?;
        if let (true, AnyConnection::Sqlite(conn)) = (self.read_only, &mut conn) {
            conn.batch_execute("PRAGMA query_only = ON").map_err(Error::QueryError)?;
        }
        Ok(conn)
    }

    /// A server may have gone since; a file has not.
    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), Error> {
        match conn {
            AnyConnection::Postgres(conn) => {
                diesel::sql_query("SELECT 1").execute(conn).map(drop).map_err(Error::QueryError)
            }
            AnyConnection::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// Runs `operation` in a transaction that may write.
///
/// On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`): a deferred transaction that reads
/// before it writes fails with "database is locked" whatever the busy time-out.
///
/// # Errors
/// The operation's own, after a rollback, and the database's.
pub fn in_transaction<T>(
    conn: &mut AnyConnection,
    operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    match conn {
        AnyConnection::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn)?,
        AnyConnection::Sqlite(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
        }
    }
    match operation(conn) {
        Ok(value) => {
            <AnyConnection as Connection>::TransactionManager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => {
            let rolled_back =
                <AnyConnection as Connection>::TransactionManager::rollback_transaction(conn);
            if let Err(rollback) = rolled_back {
                log::warn!("cannot roll back: {rollback}");
            }
            Err(error)
        }
    }
}
