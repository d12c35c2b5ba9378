//! The open database: its pools, and the ways to use a connection.

use std::{fs, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use r2d2::Pool;

use crate::{
    connection::{AnyConnection, Connector, in_snapshot, in_transaction},
    error::{StoreError, StoreResult},
    url::DatabaseUrl,
};

/// How long to wait for a connection before the answer is `unavailable`.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);
const POSTGRES_CONNECTIONS: u32 = 12;
const SQLITE_READERS: u32 = 4;

/// A database that can be read and written. Clones share its connections.
///
/// SQLite has one writer, whose queue is the pool's: several would spend their time waking one
/// another up. Everything here blocks.
#[derive(Clone, Debug)]
pub struct Database {
    writers: Pool<Connector>,
    readers: Pool<Connector>,
}

impl Database {
    /// Opens the pools, without waiting for a connection.
    pub fn open(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Postgres(_) => {
                let pool = pool(url, POSTGRES_CONNECTIONS, Access::Write);
                Self { writers: pool.clone(), readers: pool }
            }
            DatabaseUrl::Sqlite(_) => Self {
                writers: pool(url, 1, Access::Write),
                readers: pool(url, SQLITE_READERS, Access::Read),
            },
        }
    }

    /// Runs `operation`, which must not write.
    ///
    /// # Errors
    /// Its own, and `Pool` when no connection can be had.
    pub fn read<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        on_connection(&self.readers, operation)
    }

    /// Runs `operation`, whose several reads all see the database as it was at one moment.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn read_at_once<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        on_connection(&self.readers, |conn| in_snapshot(conn, operation))
    }

    /// Runs `operation` in a transaction, which an error undoes.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn write<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        on_connection(&self.writers, |conn| in_transaction(conn, operation))
    }

    /// Runs `operation`, which writes with one statement and so needs no transaction around it.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn write_once<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        on_connection(&self.writers, operation)
    }
}

enum Access {
    Read,
    Write,
}

fn pool(url: &DatabaseUrl, size: u32, access: Access) -> Pool<Connector> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(CONNECTION_TIMEOUT)
        .build_unchecked(Connector { url: url.clone(), read_only: matches!(access, Access::Read) })
}

fn on_connection<T>(
    pool: &Pool<Connector>,
    operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    let mut pooled = pool.get().map_err(StoreError::Pool)?;
    let result = operation(&mut pooled.conn);
    if let Err(StoreError::Query(_)) = &result {
        pooled.distrust();
    }
    result
}

/// Makes the file of a SQLite database and its directory if they are not there. SQLite's further
/// files take over its mode, for it holds password hashes.
///
/// # Errors
/// When they cannot be made.
pub fn make_file(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}
