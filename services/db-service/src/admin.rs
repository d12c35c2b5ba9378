//! What an operator does to the database from a command line: beside the db-services that run, or
//! while none does.

mod copy;

use std::path::PathBuf;

use common_types::Timestamp;
use diesel::{
    connection::SimpleConnection,
    prelude::*,
    sql_types::{BigInt, Text},
};
use service_kit::{Clock, config::Secret};

use crate::{
    connection::{self, AnyConnection},
    database,
    error::{StoreError, StoreResult},
    migrations::{self, MigrateError, Schema},
    url::{BadDatabaseUrl, DatabaseUrl},
};

pub use copy::{Copied, CopyError, Counts, check_dump};

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Url(#[from] BadDatabaseUrl),
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    #[error("cannot make {}", .0.display())]
    Make(PathBuf, #[source] std::io::Error),
    #[error("cannot connect to the database")]
    Connect(#[source] diesel::r2d2::Error),
    #[error("cannot bring the schema up to date")]
    Migrate(#[source] MigrateError),
    #[error("cannot ask the database")]
    Ask(#[source] diesel::result::Error),
}

/// One connection to the database. Everything here blocks.
pub struct Admin {
    url: DatabaseUrl,
    conn: AnyConnection,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Admin {
    /// Opens a database that is there.
    ///
    /// # Errors
    /// When it is not, or cannot be reached.
    pub fn open(url: &Secret) -> Result<Self, AdminError> {
        let url = DatabaseUrl::parse(url.expose())?;
        match &url {
            DatabaseUrl::Sqlite(path) if !path.is_file() => Err(AdminError::Missing(path.clone())),
            _ => Self::connect(url),
        }
    }

    /// As [`Admin::open`]; makes the file of a SQLite database that is not there.
    ///
    /// # Errors
    /// As there.
    pub fn open_or_make(url: &Secret) -> Result<Self, AdminError> {
        let url = DatabaseUrl::parse(url.expose())?;
        if let DatabaseUrl::Sqlite(path) = &url {
            database::make_file(path).map_err(|error| AdminError::Make(path.clone(), error))?;
        }
        Self::connect(url)
    }

    fn connect(url: DatabaseUrl) -> Result<Self, AdminError> {
        let conn = connection::connect(&url).map_err(AdminError::Connect)?;
        Ok(Self { url, conn })
    }

    /// The kind of database, for people.
    pub const fn kind(&self) -> &'static str {
        match self.url {
            DatabaseUrl::Sqlite(_) => "sqlite",
            DatabaseUrl::Postgres(_) => "postgresql",
        }
    }

    /// How the schema stands.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn schema(&mut self) -> Result<Schema, AdminError> {
        migrations::schema(&mut self.conn).map_err(AdminError::Migrate)
    }

    /// Applies what is pending, behind the lock that db-services take at their start; says how many
    /// migrations that were.
    ///
    /// # Errors
    /// When the lock cannot be had, or a migration fails.
    pub fn migrate(&mut self) -> Result<usize, AdminError> {
        migrations::run_pending(&mut self.conn).map_err(AdminError::Migrate)
    }

    /// What SQLite finds wrong with its file; nothing for a server, which looks after its own.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn damage(&mut self) -> Result<Vec<String>, AdminError> {
        let AnyConnection::Sqlite(conn) = &mut self.conn else { return Ok(Vec::new()) };
        let query = "SELECT quick_check AS line FROM pragma_quick_check LIMIT 5";
        let lines: Vec<Line> = diesel::sql_query(query).load(conn).map_err(AdminError::Ask)?;
        Ok(lines.into_iter().map(|line| line.line).filter(|line| line != "ok").collect())
    }

    /// What time it is at the server; none where the database is a file of this machine.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn server_time(&mut self) -> Result<Option<Timestamp>, AdminError> {
        let AnyConnection::Postgres(conn) = &mut self.conn else { return Ok(None) };
        let query = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT AS number";
        let now: Number = diesel::sql_query(query).get_result(conn).map_err(AdminError::Ask)?;
        Ok(Some(Timestamp::from_millis(now.number)))
    }

    /// How many others are connected to this database; on SQLite nobody knows.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn others(&mut self) -> Result<u64, AdminError> {
        let AnyConnection::Postgres(conn) = &mut self.conn else { return Ok(0) };
        let query = "SELECT count(*) AS number FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid() \
                       AND backend_type = 'client backend'";
        let found: Number = diesel::sql_query(query).get_result(conn).map_err(AdminError::Ask)?;
        Ok(u64::try_from(found.number).unwrap_or(0))
    }

    /// Runs an operation that only reads.
    ///
    /// # Errors
    /// Its own.
    pub fn read<T>(
        &mut self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T>,
    ) -> StoreResult<T> {
        operation(&mut self.conn, Clock::system().now())
    }

    /// Runs an operation in a transaction.
    ///
    /// # Errors
    /// Its own, and the database's.
    pub fn write<T>(
        &mut self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let now = Clock::system().now();
        connection::in_transaction(&mut self.conn, |conn| operation(conn, now))
    }

    fn execute(&mut self, sql: &str) -> StoreResult<()> {
        self.conn.batch_execute(sql).map_err(StoreError::Query)
    }
}
