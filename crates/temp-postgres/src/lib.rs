//! A PostgreSQL server for one test: started on a free port, thrown away with everything in it.
//!
//! This crate must never know what the database is for. It needs the server's binaries, which
//! Debian puts into `/usr/lib/postgresql/<version>/bin`, and fails with a sentence without them: a
//! test that silently skips a database proves nothing.

mod account;
mod binaries;
mod cluster;
mod supervisor;

use std::{
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};

use crate::{account::Account, binaries::Binaries, supervisor::Supervisor};

/// The superuser that every URL names; it has no password.
pub(crate) const SUPERUSER: &str = "magpie";
const ATTEMPTS: u32 = 3;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum TempPostgresError {
    #[error("PostgreSQL is not installed: found neither in PATH nor in /usr/lib/postgresql")]
    NotInstalled,
    #[error("PostgreSQL refuses to run as root, and there is no user `postgres` to run it as")]
    NoAccount,
    #[error("{doing}")]
    Io {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("{program} failed: {output}")]
    Failed { program: &'static str, output: String },
    #[error("the server was not ready in time: {log}")]
    NotReady { log: String },
}

impl TempPostgresError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does not: for tests.
    None,
    /// As in production: for measurements.
    Full,
}

/// A running server. It stops, and its directory goes, when this is dropped or its process dies,
/// however it dies.
#[derive(Debug)]
pub struct TempPostgres {
    binaries: Binaries,
    supervisor: Supervisor,
    port: u16,
    databases: AtomicU32,
}

impl TempPostgres {
    /// Starts a server for tests.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self, TempPostgresError> {
        Self::start_with(Durability::None)
    }

    /// As [`TempPostgres::start`], with a say in durability.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(durability: Durability) -> Result<Self, TempPostgresError> {
        let binaries = Binaries::find()?;
        let account = Account::for_server()?;
        let mut failure = None;
        for attempt in 0..ATTEMPTS {
            // The port may be taken by the time the server binds it, and the kept template may be
            // damaged: a later attempt has another port and does without the template.
            let made = cluster::make(&binaries, &account, attempt == 0)?;
            match Supervisor::start(&binaries, &account, made, free_port()?, durability) {
                Ok((supervisor, port)) => {
                    return Ok(Self { binaries, supervisor, port, databases: AtomicU32::new(0) });
                }
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or(TempPostgresError::NotInstalled))
    }

    /// As [`TempPostgres::start`], with TLS by this certificate and its key (PEM). Connections without
    /// TLS are still taken.
    ///
    /// # Errors
    /// As there.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, TempPostgresError> {
        let mut server = Self::start()?;
        let account = Account::for_server()?;
        cluster::turn_on_tls(server.directory(), &account, certificate, key)?;
        server.restart()?;
        Ok(server)
    }

    /// Stops the server, and with it every connection; what was committed stays.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Result<(), TempPostgresError> {
        self.supervisor.stop()
    }

    /// Starts the server again, on the same data and port, after stopping it if it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<(), TempPostgresError> {
        self.supervisor.start_again()
    }

    /// Freezes the server: connections stay open, and nobody answers on them once this returns.
    ///
    /// # Errors
    /// When its processes cannot be reached, or do not stand in time.
    pub fn freeze(&self) -> Result<(), TempPostgresError> {
        self.signal(Signal::STOP)?;
        self.supervisor.wait_until_it_stands()
    }

    /// Undoes [`TempPostgres::freeze`].
    ///
    /// # Errors
    /// As there.
    pub fn thaw(&self) -> Result<(), TempPostgresError> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), TempPostgresError> {
        let processes = self.supervisor.processes();
        for pid in processes.into_iter().filter_map(Pid::from_raw) {
            match kill_process(pid, signal) {
                // One of those that come and go.
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => {
                    return Err(TempPostgresError::io("signalling the server")(error.into()));
                }
            }
        }
        Ok(())
    }

    /// The URL of the database that the server begins with.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database and says its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create_database(&self) -> Result<String, TempPostgresError> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let output = self
            .psql(&self.url())
            .args(["-c", &format!("CREATE DATABASE {name}")])
            .output()
            .map_err(TempPostgresError::io("running psql"))?;
        succeeded("psql", &output)?;
        Ok(self.url_of(&name))
    }

    /// A `psql` of the same installation, connected to `url`, that prints bare values.
    pub fn psql(&self, url: &str) -> Command {
        let mut psql = self.binaries.command("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url]).stdin(Stdio::null());
        psql
    }

    /// Where the server keeps everything.
    pub fn directory(&self) -> &Path {
        self.supervisor.directory()
    }
}

pub(crate) fn succeeded(
    program: &'static str,
    output: &std::process::Output,
) -> Result<(), TempPostgresError> {
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(TempPostgresError::Failed { program, output })
}

fn free_port() -> Result<u16, TempPostgresError> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(TempPostgresError::io("looking for a free port"))?.port())
}

/// The end of a log, for an error.
pub(crate) fn tail(path: &PathBuf) -> String {
    const LINES: usize = 10;
    let log = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}
