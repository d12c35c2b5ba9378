//! One connection type for both databases, and how each is opened.

use std::time::{Duration, Instant};

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

/// `synchronous = FULL` syncs the log at every commit: what was answered survives a power cut. The
/// log may reach 16 MiB before it is folded into the file, which costs more the oftener it is done.
const SQLITE_SESSION: &str = "PRAGMA busy_timeout = 5000; \
     PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; \
     PRAGMA wal_autocheckpoint = 4000; \
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

/// Loads rows and locks them until the transaction ends; `skip_locked` passes by what someone else
/// has locked. On SQLite a transaction that writes has the whole database.
macro_rules! load_locked {
    ($conn:expr, $query:expr, $row:ty $(, $skip_locked:ident)?) => {
        match $conn {
            $crate::connection::AnyConnection::Postgres(conn) => {
                $query.for_update()$(.$skip_locked())?.select(<$row>::as_select()).load(conn)?
            }
            $crate::connection::AnyConnection::Sqlite(conn) => {
                $query.select(<$row>::as_select()).load(conn)?
            }
        }
    };
}
pub(crate) use load_locked;

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
    let url = with_deadlines(url);
    let mut conn = PgConnection::establish(&url).map_err(Error::ConnectionError)?;
    conn.batch_execute(POSTGRES_SESSION).map_err(Error::QueryError)?;
    Ok(AnyConnection::Postgres(conn))
}

/// libpq waits for ever by default, for a connection as for an answer from a machine that has gone.
const POSTGRES_DEADLINES: [(&str, &str); 5] = [
    ("connect_timeout", "3"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// The URL with those deadlines that it does not set itself.
fn with_deadlines(url: &str) -> String {
    let mut url = url.to_owned();
    for (key, value) in POSTGRES_DEADLINES {
        if !url.contains(&format!("{key}=")) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{separator}{key}={value}"));
        }
    }
    url
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

/// A connection, and when it was last known to be alive.
pub(crate) struct Pooled {
    pub(crate) conn: AnyConnection,
    /// None once it failed.
    alive_at: Option<Instant>,
}

impl Pooled {
    /// Has the connection asked whether it is alive before it is used again.
    pub(crate) fn distrust(&mut self) {
        self.alive_at = None;
    }
}

/// How long a connection is trusted to be alive. Asking at every use would double the round trips
/// of a claim; never asking would fail a request for each connection that a restart broke.
const TRUSTED: Duration = Duration::from_secs(1);

impl r2d2::ManageConnection for Connector {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        let mut conn = connect(&self.url)?;
        if let (true, AnyConnection::Sqlite(conn)) = (self.read_only, &mut conn) {
            conn.batch_execute("PRAGMA query_only = ON").map_err(Error::QueryError)?;
        }
        Ok(Pooled { conn, alive_at: Some(Instant::now()) })
    }

    /// A server may have gone since; a file has not.
    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        if let AnyConnection::Postgres(conn) = &mut pooled.conn
            && pooled.alive_at.is_none_or(|alive_at| alive_at.elapsed() > TRUSTED)
        {
            diesel::sql_query("SELECT 1").execute(conn).map_err(Error::QueryError)?;
            pooled.alive_at = Some(Instant::now());
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        std::thread::panicking() || pooled.conn.is_broken()
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
    ended(conn, operation)
}

/// Runs `operation` in a transaction that reads only, and sees one state of the database.
///
/// # Errors
/// As [`in_transaction`].
pub(crate) fn in_snapshot<T>(
    conn: &mut AnyConnection,
    operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    match conn {
        AnyConnection::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(
            conn,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )?,
        AnyConnection::Sqlite(conn) => AnsiTransactionManager::begin_transaction(conn)?,
    }
    ended(conn, operation)
}

/// Commits what `operation` did, or rolls it back.
fn ended<T>(
    conn: &mut AnyConnection,
    operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
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
