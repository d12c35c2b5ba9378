//! Magpie as real processes, which can be killed.

mod command;
mod faults;
mod fleet;

use std::{
    cell::Cell,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use standin::Standin;
use temp_disk::TempDisk;
use temp_redis::TempRedis;
use tempfile::TempDir;

use crate::{Client, Database, binary, choice, database::Provided, stack, storage};

pub use faults::Ended;
pub use fleet::{Databases, Fleet};

const LOG: &str = "log";

/// A process, and how to start it again.
struct Started {
    name: &'static str,
    child: Child,
    args: Vec<&'static str>,
    settings: Vec<(String, String)>,
    url: String,
}

/// `magpie up`, or the four services, as processes of their own.
pub struct ProcessStack {
    children: Vec<Started>,
    /// Of the gateways; clients are given to them in turn.
    urls: Vec<String>,
    turn: Cell<usize>,
    standin: Option<Standin>,
    settings: Vec<(String, String)>,
    database: Provided,
    redis: Option<TempRedis>,
    storage: storage::Provided,
    /// Under the first node's data; unmounted before that is removed.
    disk: Option<TempDisk>,
    data: TempDir,
}

impl ProcessStack {
    /// `magpie up`, with more settings than the usual ones.
    pub async fn up_with(database: Database, more: &[(&str, &str)]) -> Self {
        let mut stack = Self::prepare(database, storage::Provided::by_default()).await;
        stack.set(more);
        stack.start_magpie();
        stack
    }

    /// The four services from their own binaries; two of each where the environment wants a fleet.
    pub async fn services(database: Database, more: &[(&str, &str)]) -> Self {
        if choice::is_fleet() {
            return Self::fleet(storage::Provided::by_default(), more).await;
        }
        let mut stack = Self::prepare(database, storage::Provided::by_default()).await;
        stack.set(more);
        let db = stack.start("db-service", &[]);
        let auth = stack.start("auth-service", &[("MAGPIE_DB_URL", &db)]);
        let youtube = stack.start("youtube-service", &[("MAGPIE_DB_URL", &db)]);
        let upstreams = [
            ("MAGPIE_DB_URL", db.as_str()),
            ("MAGPIE_AUTH_URL", auth.as_str()),
            ("MAGPIE_YOUTUBE_URL", youtube.as_str()),
        ];
        stack.urls = vec![stack.start("gateway", &upstreams)];
        stack
    }

    /// As [`ProcessStack::services`], with a second youtube-service that has a data directory of its
    /// own and shares the rest.
    pub async fn two_nodes(database: Database, more: &[(&str, &str)]) -> Self {
        if choice::is_fleet() {
            return Self::fleet(storage::Provided::by_default(), more).await;
        }
        let mut stack = Self::prepare(database, storage::Provided::by_default()).await;
        stack.set(&[("MAGPIE_INTERNAL_SECRET", "one secret for every process")]);
        stack.set(more);
        if !stack.storage.is_bucket() {
            let storage = format!("file://{}", stack.data_dir().join("media").display());
            stack.set(&[("MAGPIE_STORAGE_URL", &storage)]);
        }
        let db = stack.start("db-service", &[]);
        let auth = stack.start("auth-service", &[("MAGPIE_DB_URL", &db)]);
        let first = stack.start("youtube-service", &[("MAGPIE_DB_URL", &db)]);
        let other = stack.second_data_dir().display().to_string();
        let apart = [("MAGPIE_DB_URL", db.as_str()), ("MAGPIE_DATA_DIR", other.as_str())];
        let second = stack.start("youtube-service", &apart);
        let both = format!("{first},{second}");
        let upstreams = [
            ("MAGPIE_DB_URL", db.as_str()),
            ("MAGPIE_AUTH_URL", auth.as_str()),
            ("MAGPIE_YOUTUBE_URL", both.as_str()),
        ];
        stack.urls = vec![stack.start("gateway", &upstreams)];
        stack
    }

    /// Two of every service, each of which may ask every other.
    pub(crate) async fn fleet(storage: storage::Provided, more: &[(&str, &str)]) -> Self {
        let mut stack = Self::prepare(Database::Postgres, storage).await;
        stack.share_all();
        stack.set(more);
        stack.start_nodes(Databases::All);
        stack
    }

    fn set(&mut self, more: &[(&str, &str)]) {
        let more = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.settings.extend(more);
    }

    async fn prepare(database: Database, storage: storage::Provided) -> Self {
        let data = tempfile::tempdir().expect("a directory of its own");
        let database = Provided::new(choice::database(database));
        let standin = stack::start_standin().await;
        let settings = stack::settings(data.path(), &database, &standin, storage.settings());
        Self {
            children: Vec::new(),
            urls: Vec::new(),
            turn: Cell::new(0),
            standin: Some(standin),
            settings,
            database,
            redis: None,
            storage,
            disk: None,
            data,
        }
    }

    /// Starts `magpie up` again, after it was killed.
    pub fn start_magpie(&mut self) {
        self.urls = vec![self.start_with("magpie", &["up"], &[])];
    }

    fn start(&mut self, name: &'static str, more: &[(&str, &str)]) -> String {
        self.start_with(name, &[], more)
    }

    /// Starts a binary and waits for its `ready` line.
    fn start_with(
        &mut self,
        name: &'static str,
        args: &[&'static str],
        more: &[(&str, &str)],
    ) -> String {
        let mut child = Command::new(binary(name))
            .args(args)
            .envs(self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())))
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log_file())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let stdout = child.stdout.take().expect("standard output is piped");
        let settings = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.children.push(Started {
            name,
            child,
            args: args.to_vec(),
            settings: settings.collect(),
            url: String::new(),
        });
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line on standard output");
        let url = line.trim().strip_prefix("ready ");
        let missing = || panic!("{name} printed {line:?}, not its ready line: {}", self.log());
        let url = url.unwrap_or_else(missing).to_owned();
        if let Some(started) = self.children.last_mut() {
            started.url.clone_from(&url);
        }
        url
    }

    /// A client of the next gateway.
    pub fn client(&self) -> Client {
        let turn = self.turn.replace(self.turn.get().wrapping_add(1));
        Client::new(self.urls.iter().cycle().nth(turn % self.urls.len()).expect("a gateway"))
    }

    /// Of all gateways.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Of the first gateway.
    pub fn url(&self) -> &str {
        self.urls.first().expect("a gateway")
    }

    /// Where the services of this name listen.
    pub fn urls_of(&self, name: &str) -> Vec<String> {
        let of_name = self.children.iter().filter(|started| started.name == name);
        of_name.map(|started| started.url.clone()).collect()
    }

    /// Where the first service of this name listens.
    pub(crate) fn first_url_of(&self, name: &str) -> String {
        let first = self.children.iter().find(|started| started.name == name);
        first.expect("a process of this name runs").url.clone()
    }

    pub fn standin(&self) -> &Standin {
        self.standin.as_ref().expect("the stand-in runs until the stack is stopped")
    }

    /// What all processes have logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join(LOG)).expect("processes log into a file")
    }

    fn log_file(&self) -> File {
        let path = self.data.path().join(LOG);
        File::options().create(true).append(true).open(path).expect("the log can be written")
    }

    /// Where the files of downloads are.
    pub fn store_dir(&self) -> PathBuf {
        self.storage.store_dir(&self.data_dir())
    }

    pub fn data_dir(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// The data directory of the second of two nodes.
    pub fn second_data_dir(&self) -> PathBuf {
        self.data.path().join("second")
    }

    /// Where the youtube-service of each node works.
    pub fn work_dirs(&self) -> Vec<PathBuf> {
        let all = [self.data_dir(), self.second_data_dir()];
        all.map(|data| data.join("work/youtube")).into_iter().filter(|work| work.exists()).collect()
    }

    /// Ends all processes at once and without warning.
    pub fn kill(&mut self) {
        for mut started in self.children.drain(..) {
            end(&mut started.child);
        }
    }

    /// Ends the processes of these names without warning, and starts them again where they were.
    pub fn kill_and_revive(&mut self, names: &[&str]) {
        let (mut killed, spared): (Vec<_>, Vec<_>) =
            self.children.drain(..).partition(|started| names.contains(&started.name));
        self.children = spared;
        for started in &mut killed {
            started.child.kill().expect("the process was running");
        }
        for started in &mut killed {
            end(&mut started.child);
        }
        for started in killed {
            self.revive(Ended(started));
        }
    }

    /// Sends a signal such as `STOP` to the first process of this name.
    pub fn signal(&self, name: &str, signal: &str) {
        let started = self.children.iter().find(|started| started.name == name);
        faults::send(started.expect("a process of this name runs"), signal);
    }

    /// Asks every process to end, the last started first, and returns their exit codes.
    pub fn terminate(&mut self) -> Vec<(&'static str, Option<i32>)> {
        let mut codes = Vec::new();
        for mut started in self.children.drain(..).rev() {
            faults::send(&started, "TERM");
            let status = started.child.wait().expect("the process can be waited for");
            codes.push((started.name, status.code()));
        }
        codes
    }

    pub async fn stop(mut self) {
        self.kill();
        if let Some(standin) = self.standin.take() {
            standin.stop().await;
        }
    }
}

impl Drop for ProcessStack {
    fn drop(&mut self) {
        for started in &mut self.children {
            // The test has failed already; leave nothing behind.
            let _gone = started.child.kill();
            let _reaped = started.child.wait();
        }
    }
}

fn end(child: &mut Child) {
    child.kill().expect("the process was running");
    child.wait().expect("the process can be waited for");
}

/// The setting of where a process listens.
fn bind_key(name: &str) -> &'static str {
    match name {
        "gateway" | "magpie" => "MAGPIE_GATEWAY_BIND",
        "auth-service" => "MAGPIE_AUTH_BIND",
        "youtube-service" => "MAGPIE_YOUTUBE_BIND",
        "db-service" => "MAGPIE_DB_BIND",
        other => panic!("{other} is no process of ours"),
    }
}

/// The command lines of all processes whose arguments, directory or environment name `directory`:
/// what of a stack is still alive.
pub fn processes_under(directory: &Path) -> Vec<String> {
    let needle = directory.display().to_string();
    let me = std::process::id().to_string();
    let entries = fs::read_dir("/proc").expect("Linux has /proc");
    let pids = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name != me.as_str() && name.bytes().all(|byte| byte.is_ascii_digit())
    });
    pids.filter_map(|entry| {
        let read = |file: &str| fs::read(entry.path().join(file)).unwrap_or_default();
        let text = |file: &str| String::from_utf8_lossy(&read(file)).replace('\0', " ");
        let cwd = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let named = text("cmdline").contains(&needle)
            || text("environ").contains(&needle)
            || cwd.starts_with(directory);
        // A zombie has no command line, and holds nothing.
        let cmdline = text("cmdline");
        (named && !cmdline.is_empty()).then_some(cmdline)
    })
    .collect()
}
