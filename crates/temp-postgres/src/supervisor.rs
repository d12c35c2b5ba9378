//! The server's keeper: a shell that stops it and removes its directory as soon as the pipe from us
//! closes, which the kernel does for us even when we are killed.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Durability, TempPostgresError, account::Account, binaries::Binaries, cluster::DATA, tail,
};

const READY_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// `$1` is the directory, the rest the server's command. `read` returns when the pipe closes. The
/// server is stopped by SIGQUIT, which does not wait for clients nor for a checkpoint.
const SCRIPT: &str = r#"
directory=$1; shift
"$@" >"$directory/log" 2>&1 </dev/null &
server=$!
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf -- "$directory"
"#;

#[derive(Debug)]
pub(crate) struct Supervisor {
    shell: Child,
    directory: PathBuf,
}

impl Supervisor {
    /// Starts a server on the data in `directory` and waits until it takes connections.
    pub(crate) fn start(
        binaries: &Binaries,
        account: &Account,
        directory: TempDir,
        port: u16,
        durability: Durability,
    ) -> Result<(Self, u16), TempPostgresError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "temp-postgres"]).arg(directory.path());
        command.arg(binaries.path("postgres")).args(arguments(directory.path(), port, durability));
        let shell = account
            .run(command)
            .current_dir("/")
            // Ctrl-C at the terminal is for us; the keeper hears of our end by the pipe.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(TempPostgresError::io("starting the server"))?;
        let mut supervisor = Self { shell, directory: directory.keep() };
        supervisor.wait_until_ready()?;
        Ok((supervisor, port))
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The server itself writes that it is ready, as the last line of its pid file: whatever answers
    /// on the port might be someone else.
    fn wait_until_ready(&mut self) -> Result<(), TempPostgresError> {
        let pid_file = self.directory.join(DATA).join("postmaster.pid");
        let log = self.directory.join("log");
        let deadline = Instant::now() + READY_DEADLINE;
        loop {
            let state = fs::read_to_string(&pid_file).unwrap_or_default();
            if state.lines().last().is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let said = tail(&log);
            if said.contains("FATAL") || Instant::now() > deadline {
                return Err(TempPostgresError::NotReady { log: said });
            }
            pause();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no event loop here to hold up")]
fn pause() {
    std::thread::sleep(POLL);
}

fn arguments(directory: &Path, port: u16, durability: Durability) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=100".to_owned(),
        "shared_buffers=32MB".to_owned(),
    ];
    if durability == Durability::None {
        settings.extend(
            ["fsync", "full_page_writes", "synchronous_commit"].map(|key| format!("{key}=off")),
        );
    }
    let data = directory.join(DATA).to_string_lossy().into_owned();
    let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
    ["-D".to_owned(), data].into_iter().chain(settings).collect()
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nothing is left to do about a keeper that cannot be waited for.
        let _status = self.shell.wait();
        let _gone_already = fs::remove_dir_all(&self.directory);
    }
}
