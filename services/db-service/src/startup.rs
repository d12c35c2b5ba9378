//! From a URL to a database that is up to date, waiting a while for one that is away.

use std::time::Duration;

use service_kit::{Chain, StartError};
use tokio::time::{Instant, sleep};

use crate::{
    connection,
    database::{self, Database},
    migrations::{self, MigrateError},
    url::DatabaseUrl,
};

const RETRY_AFTER: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("making the database's file")]
    Make(#[source] std::io::Error),
    #[error("connecting to the database")]
    Connect(#[source] diesel::r2d2::Error),
    #[error("bringing the schema up to date")]
    Migrate(#[source] MigrateError),
}

impl OpenError {
    /// Whether waiting may help.
    const fn may_pass(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Migrate(MigrateError::Lock(_)))
    }
}

/// Opens the database and applies what migrations are pending, trying again until `deadline` while
/// it does not answer.
pub(crate) async fn open(url: DatabaseUrl, deadline: Duration) -> Result<Database, StartError> {
    let deadline = Instant::now() + deadline;
    loop {
        let url = url.clone();
        let opened = tokio::task::spawn_blocking(move || open_once(&url))
            .await
            .map_err(|error| StartError::internal("cannot open the database", error))?;
        match opened {
            Ok(database) => return Ok(database),
            Err(error) if error.may_pass() && Instant::now() < deadline => {
                log::warn!("the database is not there yet: {}", Chain(&error));
                sleep(RETRY_AFTER).await;
            }
            Err(error) if error.may_pass() => {
                return Err(StartError::temporary("cannot open the database", error));
            }
            Err(error) => return Err(StartError::internal("cannot open the database", error)),
        }
    }
}

fn open_once(url: &DatabaseUrl) -> Result<Database, OpenError> {
    if let DatabaseUrl::Sqlite(path) = url {
        database::make_file(path).map_err(OpenError::Make)?;
    }
    let mut conn = connection::connect(url).map_err(OpenError::Connect)?;
    let applied = migrations::run_pending(&mut conn).map_err(OpenError::Migrate)?;
    log::info!("{url:?} is up to date; {applied} migrations were applied");
    Ok(Database::open(url))
}
