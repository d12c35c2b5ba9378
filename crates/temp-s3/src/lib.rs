//! A throw-away S3 server for tests: `s3s-fs`, on a free port and in a directory of its own.
//!
//! It checks signatures, which many servers for tests do not, and keeps a bucket as a directory, so
//! that a test sees what is in it. `scripts/setup test` installs it.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use tempfile::TempDir;

pub const BUCKET: &str = "media";
/// What every name in the bucket begins with.
pub const PREFIX: &str = "files";
pub const ACCESS_KEY: &str = "magpie-test";
pub const SECRET_KEY: &str = "a secret of this test alone";

const PROGRAM: &str = "s3s-fs";
const READY: &str = "server is running";
/// Ends the server with us, however we end: our end of its standard input is closed then.
const SUPERVISOR: &str =
    r#""$@" </dev/null & server=$!; exec >&-; read -r _; kill -9 $server; wait"#;
/// Another process may take a port between our finding it free and the server's binding it.
const ATTEMPTS: u32 = 5;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum TempS3Error {
    #[error("{PROGRAM} is not installed: run scripts/setup test")]
    NotInstalled,
    #[error("{0}")]
    Io(&'static str, #[source] io::Error),
    #[error("the server does not start")]
    DoesNotStart,
}

/// A server with one empty bucket. It ends when it is dropped.
#[derive(Debug)]
pub struct TempS3 {
    directory: TempDir,
    program: PathBuf,
    port: u16,
    supervisor: Option<Child>,
}

impl TempS3 {
    /// Starts one.
    ///
    /// # Errors
    /// When the program is missing or does not start.
    pub fn start() -> Result<Self, TempS3Error> {
        let program = find().ok_or(TempS3Error::NotInstalled)?;
        let directory = tempfile::Builder::new().prefix("temp-s3-").tempdir();
        let directory = directory.map_err(|error| TempS3Error::Io("making a directory", error))?;
        fs::create_dir(directory.path().join(BUCKET))
            .map_err(|error| TempS3Error::Io("making the bucket", error))?;
        let mut server = Self { directory, program, port: 0, supervisor: None };
        for _ in 0..ATTEMPTS {
            server.port = free_port()?;
            if server.revive().is_ok() {
                return Ok(server);
            }
        }
        Err(TempS3Error::DoesNotStart)
    }

    /// Ends the server without warning. What it holds stays.
    pub fn kill(&mut self) {
        if let Some(mut supervisor) = self.supervisor.take() {
            drop(supervisor.stdin.take());
            // There is nothing to do about one that cannot be waited for.
            let _ended = supervisor.wait();
        }
    }

    /// Starts it again where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub fn revive(&mut self) -> Result<(), TempS3Error> {
        self.kill();
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh"])
            .arg(&self.program)
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY])
            .arg(self.directory.path())
            .env("RUST_LOG", "s3s_fs=info")
            // Ctrl-C at the terminal is for us; the shell hears of our end by the pipe.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| TempS3Error::Io("starting the server", error))?;
        let output = supervisor.stdout.take();
        self.supervisor = Some(supervisor);
        match output.is_some_and(says_ready) {
            true => Ok(()),
            false => Err(TempS3Error::DoesNotStart),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `MAGPIE_STORAGE_URL` of a store in the bucket.
    pub fn storage_url(&self) -> String {
        format!("s3://{BUCKET}/{PREFIX}?endpoint={}", self.endpoint())
    }

    /// Where the server keeps what the store has put into the bucket.
    pub fn files(&self) -> PathBuf {
        self.directory.path().join(BUCKET).join(PREFIX)
    }

    /// The names of all objects below the prefix, those of Magpie's own included, sorted.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn objects(&self) -> io::Result<Vec<String>> {
        let root = self.files();
        let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
        while let Some(directory) = open.pop() {
            let entries = match fs::read_dir(&directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(name) = path.strip_prefix(&root) {
                    found.push(name.to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// How many parts the server holds of uploads that are neither complete nor ended.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn parts(&self) -> io::Result<usize> {
        let entries: Vec<_> = fs::read_dir(self.directory.path())?.collect::<Result<_, _>>()?;
        let is_part = |name: &str| name.starts_with(".upload_id-");
        Ok(entries.iter().filter(|entry| is_part(&entry.file_name().to_string_lossy())).count())
    }
}

impl Drop for TempS3 {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The first in `PATH`, or where cargo installs.
fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let of_cargo = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo/bin"));
    let places = env::split_paths(&path).chain(of_cargo);
    places.map(|place| place.join(PROGRAM)).find(|program| program.is_file())
}

/// Waits for the server's word, or its end; what it says later is nobody's business.
fn says_ready(output: ChildStdout) -> bool {
    let mut lines = BufReader::new(output).lines();
    let is_ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains(READY));
    thread::spawn(move || lines.for_each(drop));
    is_ready
}

fn free_port() -> Result<u16, TempS3Error> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| TempS3Error::Io("finding a free port", error))
}
