//! A Redis server for one test: started on a free port, thrown away with everything in it.
//!
//! This crate must never know what Redis is for. It needs the program `redis-server`, and fails with
//! a sentence without it: a test that silently skips Redis proves nothing.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const READY_DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);
const READY: &str = "Ready to accept connections";

/// The server's keeper: it ends the server as soon as the pipe from us closes, which the kernel does
/// for us even when we are killed.
const KEEPER: &str = r#"
"$@" </dev/null &
server=$!
read -r _
kill -KILL "$server" 2>/dev/null
wait "$server"
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum TempRedisError {
    #[error("redis-server is not installed")]
    NotInstalled,
    #[error("{doing}")]
    Io {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the server was not ready in time: {log}")]
    NotReady { log: String },
}

impl TempRedisError {
    fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// A running server. It stops, and what it kept goes, when this is dropped or its process dies,
/// however it dies.
#[derive(Debug)]
pub struct TempRedis {
    directory: TempDir,
    port: u16,
    keeper: Option<Child>,
}

impl TempRedis {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub fn start() -> Result<Self, TempRedisError> {
        let directory = tempfile::tempdir().map_err(TempRedisError::io("making a directory"))?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let free = free.and_then(|listener| listener.local_addr());
        let port = free.map_err(TempRedisError::io("looking for a free port"))?.port();
        let mut redis = Self { directory, port, keeper: None };
        redis.start_again()?;
        Ok(redis)
    }

    /// Where it is, or was.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server, as a crash would; everything in it is gone.
    pub fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            // Nothing is left to do about a keeper that cannot be waited for.
            let _status = keeper.wait();
        }
    }

    /// Starts an empty server where the last one was, unless that one still runs.
    ///
    /// # Errors
    /// As [`TempRedis::start`].
    pub fn start_again(&mut self) -> Result<(), TempRedisError> {
        if self.keeper.is_none() {
            let log = self.directory.path().join("log");
            // What the last one wrote says nothing about this one.
            let _none = fs::remove_file(&log);
            self.keeper = Some(start(self.directory.path(), self.port)?);
            wait_until_ready(&log)?;
        }
        Ok(())
    }
}

impl Drop for TempRedis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(directory: &Path, port: u16) -> Result<Child, TempRedisError> {
    if !is_installed() {
        return Err(TempRedisError::NotInstalled);
    }
    Command::new("/bin/sh")
        .args(["-c", KEEPER, "temp-redis", "redis-server", "--bind", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .args(["--save", "", "--appendonly", "no", "--logfile", "log", "--dir"])
        .arg(directory)
        // Ctrl-C at the terminal is for us; the keeper hears of our end by the pipe.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(TempRedisError::io("starting the server"))
}

fn is_installed() -> bool {
    let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Whatever answers on the port might be someone else, so the server's own word counts.
fn wait_until_ready(log: &Path) -> Result<(), TempRedisError> {
    let deadline = Instant::now() + READY_DEADLINE;
    loop {
        let said = fs::read_to_string(log).unwrap_or_default();
        if said.contains(READY) {
            return Ok(());
        }
        if Instant::now() > deadline || said.contains("Failed listening") {
            return Err(TempRedisError::NotReady { log: said });
        }
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no event loop here to hold up")]
fn pause() {
    std::thread::sleep(POLL);
}
