//! The server's keeper: a shell that stops it and removes its directory as soon as the pipe from us
//! closes, which the kernel does for us even when we are killed.

use std::{
    fs, io,
    io::Write,
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

/// `$1` is the directory, the rest the server's command. A line from us stops the server or starts it
/// again; `read` fails when the pipe closes. On our wish it is stopped by SIGINT, which ends connections
/// and keeps the data; at the end by SIGQUIT, which does not wait for a checkpoint either. SIGCONT is for
/// one that is frozen.
const SCRIPT: &str = r#"
directory=$1; shift
start() {
    "$@" >"$directory/log" 2>&1 </dev/null &
    server=$!
}
stop() {
    [ -n "$server" ] || return 0
    kill "$1" "$server" 2>/dev/null
    kill -CONT "$server" 2>/dev/null
    wait "$server"
    server=
}
start "$@"
while read -r wish; do
    case $wish in
        start) stop -INT; start "$@" ;;
        stop) stop -INT ;;
    esac
done
stop -QUIT
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

    /// Stops the server, and with it every connection; what was committed stays.
    pub(crate) fn stop(&mut self) -> Result<(), TempPostgresError> {
        self.wish("stop")?;
        let deadline = Instant::now() + READY_DEADLINE;
        while self.pid_file().exists() {
            if Instant::now() > deadline {
                return Err(TempPostgresError::NotReady { log: tail(&self.log()) });
            }
            pause();
        }
        Ok(())
    }

    /// Starts the server again, on the same data and port.
    pub(crate) fn start_again(&mut self) -> Result<(), TempPostgresError> {
        self.stop()?;
        // What the last one wrote says nothing about this one.
        let _none = fs::remove_file(self.log());
        self.wish("start")?;
        self.wait_until_ready()
    }

    fn wish(&mut self, what: &str) -> Result<(), TempPostgresError> {
        let Some(pipe) = self.shell.stdin.as_mut() else { return Ok(()) };
        writeln!(pipe, "{what}").map_err(TempPostgresError::io("telling the server's keeper"))
    }

    /// The server's first process, and those that it forked.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let pid_file = fs::read_to_string(self.pid_file()).unwrap_or_default();
        let first = pid_file.lines().next().unwrap_or_default();
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.unwrap_or_default();
        let all = std::iter::once(first).chain(children.split_whitespace());
        all.filter_map(|pid| pid.parse().ok()).collect()
    }

    fn pid_file(&self) -> PathBuf {
        self.directory.join(DATA).join("postmaster.pid")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// The server itself writes that it is ready, as the last line of its pid file: whatever answers
    /// on the port might be someone else.
    fn wait_until_ready(&mut self) -> Result<(), TempPostgresError> {
        let (pid_file, log) = (self.pid_file(), self.log());
        let deadline = Instant::now() + READY_DEADLINE;
        loop {
            let state = fs::read_to_string(&pid_file).unwrap_or_default();
            if state.lines().last().is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let said = tail(&log);
            if is_fatal(&said) || Instant::now() > deadline {
                return Err(TempPostgresError::NotReady { log: said });
            }
            pause();
        }
    }

    /// A signal is acted on when a process next runs, which may be after it was sent.
    pub(crate) fn wait_until_it_stands(&self) -> Result<(), TempPostgresError> {
        let deadline = Instant::now() + READY_DEADLINE;
        while !self.processes().into_iter().all(stands_or_is_gone) {
            if Instant::now() > deadline {
                let late = io::ErrorKind::TimedOut.into();
                return Err(TempPostgresError::io("waiting until the server stands")(late));
            }
            pause();
        }
        Ok(())
    }
}

/// By the state behind the name in `/proc/<pid>/stat`; the name may hold anything.
fn stands_or_is_gone(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    matches!(state, Some("T" | "t" | "Z" | "X"))
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

/// Whether the server has given up. What it tells clients that come too early is no end.
fn is_fatal(log: &str) -> bool {
    let too_early = "the database system is";
    log.lines().any(|line| line.contains("FATAL") && !line.contains(too_early))
}
