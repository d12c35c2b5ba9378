//! From a URL to a database that is up to date, waiting a while for one that is away.

use std::time::Duration;

use service_kit::{Chain, StartError};
use tokio::time::{Instant, sleep};

use crate::{
    connection,
    database::{self, Database},
    error::is_transient,
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
    /// Whether waiting may help: a server may come back, a file does not turn into a database.
    fn may_pass(&self, url: &DatabaseUrl) -> bool {
        match self {
            Self::Make(_) => false,
            Self::Connect(diesel::r2d2::Error::ConnectionError(_)) => {
                matches!(url, DatabaseUrl::Postgres(_))
            }
            Self::Connect(diesel::r2d2::Error::QueryError(error))
            | Self::Migrate(MigrateError::Lock(error) | MigrateError::Look(error)) => {
                is_transient(error)
            }
            Self::Migrate(MigrateError::Run(_)) => false,
        }
    }
}

/// Opens the database and applies what migrations are pending, trying again until `deadline` while
/// it does not answer.
pub(crate) async fn open(url: DatabaseUrl, deadline: Duration) -> Result<Database, StartError> {
    let deadline = Instant::now() + deadline;
    loop {
        let target = url.clone();
        let opened = tokio::task::spawn_blocking(move || open_once(&target))
            .await
            .map_err(|error| StartError::internal("cannot open the database", error))?;
        match opened {
            Ok(database) => return Ok(database),
            Err(error) if error.may_pass(&url) && Instant::now() < deadline => {
                log::warn!("the database is not there yet: {}", Chain(&error));
                sleep(RETRY_AFTER).await;
            }
            Err(error) if error.may_pass(&url) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn exit_code(url: &DatabaseUrl) -> std::process::ExitCode {
        let opened = actix_web::rt::System::new().block_on(open(url.clone(), Duration::ZERO));
        opened.unwrap_err().exit_code()
    }

    #[test]
    fn a_server_that_does_not_answer_may_answer_later() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = DatabaseUrl::parse(&format!("postgres://u@{free}/d")).unwrap();
        assert_eq!(exit_code(&url), std::process::ExitCode::from(75));
    }

    #[test]
    fn a_file_that_is_no_database_will_not_become_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("magpie.db");
        std::fs::write(&path, "not a database, and long enough to tell".repeat(100)).unwrap();
        assert_eq!(exit_code(&DatabaseUrl::Sqlite(path)), std::process::ExitCode::from(70));
    }

    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/magpie.db");
        let url = DatabaseUrl::Sqlite(path.clone());
        actix_web::rt::System::new().block_on(open(url, Duration::ZERO)).unwrap();
        for suffix in ["", "-wal", "-shm"] {
            let file = directory.path().join(format!("deep/magpie.db{suffix}"));
            if let Ok(found) = file.metadata() {
                assert_eq!(found.permissions().mode() & 0o077, 0, "{suffix}");
            }
        }
        assert!(path.exists());
    }
}
