//! Runs the operations: off the event loop, each with a connection and the time.

use std::time::Duration;

use common_types::{
    Timestamp,
    internal::{
        changes::{ChangedKind, Mark},
        downloads::DownloadRecord,
    },
};
use diesel::prelude::*;
use service_kit::Clock;

use crate::{
    connection::{self, AnyConnection},
    database::Database,
    error::{StoreError, StoreResult},
    gauges::Platforms,
    hub::Hub,
    migrations,
    store::retries::RetryPolicy,
    url::DatabaseUrl,
};

/// How long an operation is waited for: longer than a statement may run, and shorter than a neighbour
/// waits for our answer. A server that has frozen keeps its connections open and says nothing on them.
const PATIENCE: Duration = Duration::from_secs(9);

/// Migrations may rewrite tables, and wait a minute for one another.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(3600);

/// The database, as handlers and loops use it. Clones share it.
#[derive(Clone)]
pub(crate) struct Service {
    url: DatabaseUrl,
    database: Database,
    clock: Clock,
    policy: RetryPolicy,
    hub: Hub,
    platforms: Platforms,
}

impl Service {
    pub(crate) fn new(
        url: DatabaseUrl,
        database: Database,
        clock: Clock,
        policy: RetryPolicy,
        hub: Hub,
    ) -> Self {
        Self { url, database, clock, policy, hub, platforms: Platforms::default() }
    }

    pub(crate) const fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// Whose services have asked for work.
    pub(crate) const fn platforms(&self) -> &Platforms {
        &self.platforms
    }

    /// Tells that downloads have changed.
    pub(crate) fn tell_downloads(&self, marks: impl IntoIterator<Item = Mark>) {
        self.hub.tell(ChangedKind::Download, marks);
    }

    /// Tells that the download has changed.
    pub(crate) fn tell_download(&self, record: &DownloadRecord) {
        self.tell_downloads([Mark { user_id: record.user_id, id: record.download.id }]);
    }

    /// Tells that sessions or keys have ended.
    pub(crate) fn tell_revoked(&self) {
        self.hub.tell_revoked();
    }

    /// How often and for how long a job is tried before it has failed.
    pub(crate) const fn policy(&self) -> RetryPolicy {
        self.policy
    }

    /// The kind of database, for people.
    pub(crate) const fn backend(&self) -> &'static str {
        match self.url {
            DatabaseUrl::Sqlite(_) => "sqlite",
            DatabaseUrl::Postgres(_) => "postgresql",
        }
    }

    /// Runs an operation that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let now = self.clock.now();
        self.blocking(move |database| database.read(|conn| operation(conn, now))).await
    }

    /// Runs an operation whose several reads all see the database as it was at one moment.
    pub(crate) async fn read_at_once<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let now = self.clock.now();
        self.blocking(move |database| database.read_at_once(|conn| operation(conn, now))).await
    }

    /// Runs an operation in a transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let now = self.clock.now();
        self.blocking(move |database| database.write(|conn| operation(conn, now))).await
    }

    /// Runs an operation that writes with a single statement, and saves it the transaction.
    pub(crate) async fn write_once<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let now = self.clock.now();
        self.blocking(move |database| database.write_once(|conn| operation(conn, now))).await
    }

    /// Whether the database answers.
    pub(crate) async fn check(&self) -> StoreResult<()> {
        self.read(|conn, _now| {
            diesel::select(1.into_sql::<diesel::sql_types::Integer>()).execute(conn)?;
            Ok(())
        })
        .await
        .inspect_err(|error| log::warn!("not ready: {}", service_kit::Chain(error)))
    }

    /// Applies what migrations are pending, and says how many.
    pub(crate) async fn migrate(&self) -> StoreResult<usize> {
        let url = self.url.clone();
        self.blocking_for(MIGRATION_PATIENCE, move |_database| {
            let mut conn = connection::connect(&url).map_err(StoreError::Connect)?;
            migrations::run_pending(&mut conn).map_err(StoreError::Migrate)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.blocking_for(PATIENCE, work).await
    }

    async fn blocking_for<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&Database) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let database = self.database.clone();
        let done = tokio::task::spawn_blocking(move || work(&database));
        let done = tokio::time::timeout(patience, done).await.map_err(too_slow)?;
        done.map_err(StoreError::Panicked)?
    }
}

fn too_slow(_elapsed: tokio::time::error::Elapsed) -> StoreError {
    StoreError::TooSlow
}
