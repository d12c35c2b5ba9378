//! The open database: its pools, and the ways to use a connection.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use r2d2::{Pool, PooledConnection};

use crate::{
    connection::{AnyConnection, Connector, in_snapshot, in_transaction},
    error::{StoreError, StoreResult},
    url::DatabaseUrl,
};

/// How long to wait for a connection before the answer is `unavailable`.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);
const POSTGRES_CONNECTIONS: u32 = 12;
const SQLITE_READERS: u32 = 4;

const WAIT: &str = "database_wait_seconds";
const WAITING: &str = "database_waiting";
const TIMEOUTS: &str = "database_timeouts_total";

/// Says what the metrics of this module mean.
pub(crate) fn describe() {
    metrics::describe_histogram!(
        WAIT,
        "How long an operation waited for a connection of its pool."
    );
    metrics::describe_gauge!(WAITING, "Operations that wait for a connection of a pool.");
    metrics::describe_counter!(TIMEOUTS, "Operations that were given no connection in time.");
}

/// A database that can be read and written. Clones share its connections.
///
/// SQLite has one writer, whose queue is the pool's: several would spend their time waking one
/// another up. Everything here blocks.
#[derive(Clone, Debug)]
pub struct Database {
    writers: NamedPool,
    readers: NamedPool,
}

/// A pool, and its name in metrics.
#[derive(Clone, Debug)]
struct NamedPool {
    name: &'static str,
    connections: Pool<Connector>,
}

/// How a pool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    pub pool: &'static str,
    pub idle: u32,
    pub in_use: u32,
    /// How many connections there may be.
    pub limit: u32,
}

impl NamedPool {
    fn state(&self) -> PoolState {
        let state = self.connections.state();
        let in_use = state.connections.saturating_sub(state.idle_connections);
        let limit = self.connections.max_size();
        PoolState { pool: self.name, idle: state.idle_connections, in_use, limit }
    }
}

impl Database {
    /// Opens the pools, without waiting for a connection.
    pub fn open(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Postgres(_) => {
                let pool = pool("all", url, POSTGRES_CONNECTIONS, Access::Write);
                Self { writers: pool.clone(), readers: pool }
            }
            DatabaseUrl::Sqlite(_) => Self {
                writers: pool("writer", url, 1, Access::Write),
                readers: pool("readers", url, SQLITE_READERS, Access::Read),
            },
        }
    }

    /// How each of the pools stands.
    pub fn pools(&self) -> Vec<PoolState> {
        let mut states = vec![self.writers.state()];
        if self.readers.name != self.writers.name {
            states.push(self.readers.state());
        }
        states
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

fn pool(name: &'static str, url: &DatabaseUrl, size: u32, access: Access) -> NamedPool {
    let connections = Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(CONNECTION_TIMEOUT)
        .build_unchecked(Connector { url: url.clone(), read_only: matches!(access, Access::Read) });
    metrics::counter!(TIMEOUTS, "pool" => name).increment(0);
    NamedPool { name, connections }
}

fn on_connection<T>(
    pool: &NamedPool,
    operation: impl FnOnce(&mut AnyConnection) -> StoreResult<T>,
) -> StoreResult<T> {
    let mut pooled = connection_of(pool)?;
    let result = operation(&mut pooled.conn);
    if let Err(StoreError::Query(_)) = &result {
        pooled.distrust();
    }
    result
}

fn connection_of(pool: &NamedPool) -> StoreResult<PooledConnection<Connector>> {
    let (name, began) = (pool.name, Instant::now());
    metrics::gauge!(WAITING, "pool" => name).increment(1.0);
    let pooled = pool.connections.get();
    metrics::gauge!(WAITING, "pool" => name).decrement(1.0);
    metrics::histogram!(WAIT, "pool" => name).record(began.elapsed().as_secs_f64());
    if pooled.is_err() {
        metrics::counter!(TIMEOUTS, "pool" => name).increment(1);
    }
    pooled.map_err(StoreError::Pool)
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
