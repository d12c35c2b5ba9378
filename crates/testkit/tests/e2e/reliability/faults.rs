//! What goes wrong.

use std::time::Duration;

use testkit::{Databases, Fleet};

const SERVICES: [&str; 4] = ["db-service", "auth-service", "youtube-service", "gateway"];
/// Longer than a lease.
const FROZEN: Duration = Duration::from_secs(4);
const REFUSED: Duration = Duration::from_secs(20);
const MEBIBYTE: u64 = 1024 * 1024;
/// Enough for three jobs and the reserve that the engine wants.
const SMALL_DISK_BYTES: u64 = 256 * MEBIBYTE;

#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Of one of two; it is started again at once.
    Kill(&'static str),
    /// SIGSTOP to one of two, and SIGCONT when its leases have run out.
    Freeze(&'static str),
    PostgresRestarts,
    ConnectionsEnd,
    RedisRestarts,
    StoreRefuses,
    /// That of one of two nodes, all but a megabyte.
    DiskFills,
    RollingRestart,
}

impl Fault {
    pub(super) const ALL: [Self; 14] = [
        Self::Kill("gateway"),
        Self::Kill("auth-service"),
        Self::Kill("db-service"),
        Self::Kill("youtube-service"),
        Self::Freeze("gateway"),
        Self::Freeze("auth-service"),
        Self::Freeze("db-service"),
        Self::Freeze("youtube-service"),
        Self::PostgresRestarts,
        Self::ConnectionsEnd,
        Self::RedisRestarts,
        Self::StoreRefuses,
        Self::DiskFills,
        Self::RollingRestart,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::Kill(name) => format!("kill {name}"),
            Self::Freeze(name) => format!("freeze {name}"),
            Self::PostgresRestarts => "postgres restarts".to_owned(),
            Self::ConnectionsEnd => "postgres ends connections".to_owned(),
            Self::RedisRestarts => "redis restarts".to_owned(),
            Self::StoreRefuses => "s3 refuses".to_owned(),
            Self::DiskFills => "disk fills".to_owned(),
            Self::RollingRestart => "rolling restart".to_owned(),
        }
    }

    /// Whether nobody who only reads may notice it.
    pub(super) fn is_hidden(self) -> bool {
        !matches!(self, Self::PostgresRestarts | Self::ConnectionsEnd)
    }

    /// A fleet that it can strike.
    pub(super) async fn target(self, settings: &[(&str, &str)]) -> Fleet {
        match self {
            Self::DiskFills => {
                let fleet =
                    Fleet::start_on_small_disk(Databases::All, SMALL_DISK_BYTES, settings).await;
                // A disk is filled only by who may mount one.
                fleet.unwrap()
            }
            _ => Fleet::start(Databases::All, settings).await,
        }
    }

    pub(super) async fn strike(self, fleet: &mut Fleet) {
        match self {
            Self::Kill(name) => {
                let ended = fleet.stack.kill_one(name);
                fleet.stack.revive(ended);
            }
            Self::Freeze(name) => {
                fleet.stack.signal(name, "STOP");
                tokio::time::sleep(FROZEN).await;
                fleet.stack.signal(name, "CONT");
            }
            Self::PostgresRestarts => {
                fleet.postgres().stop().unwrap();
                fleet.postgres().restart().unwrap();
            }
            Self::ConnectionsEnd => end_connections(fleet),
            Self::RedisRestarts => {
                fleet.redis().stop();
                fleet.redis().start_again().unwrap();
            }
            Self::StoreRefuses => {
                fleet.s3().kill();
                tokio::time::sleep(REFUSED).await;
                fleet.s3().revive().unwrap();
            }
            Self::DiskFills => {
                fleet.disk().leave_free(MEBIBYTE).unwrap();
                tokio::time::sleep(REFUSED).await;
                fleet.disk().clear().unwrap();
            }
            Self::RollingRestart => {
                for name in SERVICES.into_iter().flat_map(|name| [name, name]) {
                    let (ended, status) = fleet.stack.terminate_one(name).await;
                    assert_eq!(status.code(), Some(0), "{name}");
                    fleet.stack.revive(ended);
                }
            }
        }
    }
}

fn end_connections(fleet: &mut Fleet) {
    let postgres = fleet.postgres();
    let sql =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    let ended = postgres.psql(&postgres.url()).args(["-qtAc", sql]).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
