//! The migrations of both databases, compiled in, and applied one process at a time.

use diesel::{
    PgConnection, SqliteConnection, connection::SimpleConnection, migration::MigrationSource,
    prelude::*,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::AnyConnection;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// "magpie" in ASCII; the key of the advisory lock that processes starting together queue at.
const LOCK_KEY: i64 = 0x6d61_6770_6965;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("taking the lock for migrations")]
    Lock(#[source] diesel::result::Error),
    #[error("running migrations")]
    Run(#[source] BoxError),
    #[error("looking which migrations were applied")]
    Look(#[source] diesel::result::Error),
}

/// Applies what is pending and says how many migrations that were. Several processes may call it
/// at once.
///
/// # Errors
/// When the lock cannot be had within a minute, or a migration fails; it is rolled back.
pub fn run_pending(conn: &mut AnyConnection) -> Result<usize, MigrateError> {
    match conn {
        AnyConnection::Postgres(conn) => {
            locked_on_postgres(conn, |conn| count(conn.run_pending_migrations(POSTGRES)))
        }
        AnyConnection::Sqlite(conn) => {
            locked_on_sqlite(conn, |conn| count(conn.run_pending_migrations(SQLITE)))
        }
    }
}

/// Undoes every migration, newest first, and says how many there were.
///
/// # Errors
/// As [`run_pending`].
pub fn revert_all(conn: &mut AnyConnection) -> Result<usize, MigrateError> {
    match conn {
        AnyConnection::Postgres(conn) => {
            locked_on_postgres(conn, |conn| count(conn.revert_all_migrations(POSTGRES)))
        }
        AnyConnection::Sqlite(conn) => {
            locked_on_sqlite(conn, |conn| count(conn.revert_all_migrations(SQLITE)))
        }
    }
}

/// Which migrations this build knows, and which the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Versions such as `0007`, oldest first.
    pub known: Vec<String>,
    pub applied: Vec<String>,
}

impl Schema {
    /// What this build would apply.
    pub fn pending(&self) -> Vec<String> {
        missing_from(&self.applied, &self.known)
    }

    /// What a newer build has applied.
    pub fn foreign(&self) -> Vec<String> {
        missing_from(&self.known, &self.applied)
    }

    /// The newest that the database has, if any.
    pub fn version(&self) -> Option<&str> {
        self.applied.last().map(String::as_str)
    }

    /// The newest that this build knows.
    pub fn newest(&self) -> Option<&str> {
        self.known.last().map(String::as_str)
    }
}

fn missing_from(these: &[String], those: &[String]) -> Vec<String> {
    those.iter().filter(|version| !these.contains(version)).cloned().collect()
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// How the schema stands. Changes nothing, in a database that has none either.
///
/// # Errors
/// When the database cannot be asked.
pub fn schema(conn: &mut AnyConnection) -> Result<Schema, MigrateError> {
    let known = versions(conn)?;
    let table = match conn {
        AnyConnection::Postgres(_) => {
            "SELECT table_name AS version FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = '__diesel_schema_migrations'"
        }
        AnyConnection::Sqlite(_) => {
            "SELECT name AS version FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
    };
    let mut ask = |query: &str| diesel::sql_query(query).load::<Applied>(conn);
    let is_there = !ask(table).map_err(MigrateError::Look)?.is_empty();
    let applied = match is_there {
        true => ask("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .map_err(MigrateError::Look)?,
        false => Vec::new(),
    };
    Ok(Schema { known, applied: applied.into_iter().map(|row| row.version).collect() })
}

/// The newest migration of SQLite that this build knows.
pub fn newest_of_sqlite() -> Option<String> {
    names::<diesel::sqlite::Sqlite>(&SQLITE).ok()?.into_iter().max()
}

fn versions(conn: &AnyConnection) -> Result<Vec<String>, MigrateError> {
    let mut versions: Vec<String> = match conn {
        AnyConnection::Postgres(_) => names::<diesel::pg::Pg>(&POSTGRES)?,
        AnyConnection::Sqlite(_) => names::<diesel::sqlite::Sqlite>(&SQLITE)?,
    };
    versions.sort();
    Ok(versions)
}

fn names<DB: diesel::backend::Backend>(
    source: &impl MigrationSource<DB>,
) -> Result<Vec<String>, MigrateError> {
    let migrations = source.migrations().map_err(MigrateError::Run)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// How many migrations this build knows for the database of `conn`.
///
/// # Errors
/// When the embedded migrations are damaged.
pub fn known(conn: &AnyConnection) -> Result<usize, MigrateError> {
    match conn {
        AnyConnection::Postgres(_) => {
            count(MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES))
        }
        AnyConnection::Sqlite(_) => {
            count(MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE))
        }
    }
}

fn count<T>(migrations: Result<Vec<T>, BoxError>) -> Result<usize, MigrateError> {
    migrations.map(|migrations| migrations.len()).map_err(MigrateError::Run)
}

fn locked_on_postgres(
    conn: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<usize, MigrateError>,
) -> Result<usize, MigrateError> {
    conn.batch_execute("SET statement_timeout = 0; SET lock_timeout = '60s'")
        .map_err(MigrateError::Lock)?;
    advisory(conn, "SELECT pg_advisory_lock($1)")?;
    let result = work(conn);
    advisory(conn, "SELECT pg_advisory_unlock($1)")?;
    result
}

fn advisory(conn: &mut PgConnection, call: &str) -> Result<(), MigrateError> {
    diesel::sql_query(call)
        .bind::<diesel::sql_types::BigInt, _>(LOCK_KEY)
        .execute(conn)
        .map(drop)
        .map_err(MigrateError::Lock)
}

fn locked_on_sqlite(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<usize, MigrateError>,
) -> Result<usize, MigrateError> {
    conn.immediate_transaction(|conn| Ok(work(conn))).map_err(MigrateError::Lock).flatten()
}
