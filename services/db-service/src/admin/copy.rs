//! A copy of the whole database as it is at one moment, while others use it, and what it says of the
//! files that there must be.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Command, Stdio},
};

use common_types::internal::files::FileOfDownload;
use diesel::{prelude::*, sql_types::Text};

use super::{Admin, Line, Number};
use crate::{
    connection::AnyConnection,
    error::{StoreError, StoreResult},
    store::files,
    url::DatabaseUrl,
};

const PAGE: u32 = 500;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("cannot make {0}")]
    Make(String, #[source] io::Error),
    #[error("{0} is not installed: it comes with PostgreSQL's client programs")]
    NoTool(&'static str, #[source] io::Error),
    #[error("{0} failed: {1}")]
    Tool(&'static str, String),
    #[error("cannot read the database")]
    Read(#[from] StoreError),
    #[error("cannot open the copy")]
    Open(#[source] ConnectionError),
    #[error("the copy's path is not absolute")]
    NoPath,
    #[error("cannot note a file")]
    Note(#[source] io::Error),
}

/// How many rows there are of what people would miss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    pub users: u64,
    pub downloads: u64,
    pub batches: u64,
    pub playlists: u64,
    pub api_keys: u64,
    pub cookie_jars: u64,
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub counts: Counts,
    /// The newest migration.
    pub schema: Option<String>,
}

impl Admin {
    /// Copies the database into the new file `to`, and tells `note` of every file that a row of the
    /// copy has, by the ids of the downloads.
    ///
    /// # Errors
    /// When it cannot be copied, or a file not noted.
    pub fn copy_to(
        &mut self,
        to: &Path,
        note: impl FnMut(&FileOfDownload) -> io::Result<()>,
    ) -> Result<Copied, CopyError> {
        match self.url.clone() {
            DatabaseUrl::Sqlite(_) => self.vacuum_into(to, note),
            DatabaseUrl::Postgres(url) => self.dump(&url, to, note),
        }
    }

    fn vacuum_into(
        &mut self,
        to: &Path,
        note: impl FnMut(&FileOfDownload) -> io::Result<()>,
    ) -> Result<Copied, CopyError> {
        let name = to.display().to_string();
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
        made.map_err(|error| CopyError::Make(name.clone(), error))?;
        // Into an empty file, whose mode stays.
        diesel::sql_query("VACUUM INTO ?")
            .bind::<Text, _>(&name)
            .execute(sqlite(&mut self.conn)?)
            .map_err(StoreError::Query)?;
        // What is told of it is read from the copy itself.
        contents(&mut Self::open_copy(to)?.conn, note)
    }

    /// Opens a copy that [`Admin::copy_to`] made of a SQLite database, and changes nothing in it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_copy(path: &Path) -> Result<Self, CopyError> {
        let uri = url::Url::from_file_path(path).map_err(|()| CopyError::NoPath)?;
        // Nobody else writes to a copy: no locks, no files beside it.
        let conn = SqliteConnection::establish(&format!("{uri}?mode=ro&immutable=1"))
            .map_err(CopyError::Open)?;
        let url = DatabaseUrl::Sqlite(path.to_owned());
        Ok(Self { url, conn: AnyConnection::Sqlite(conn) })
    }

    /// What the database holds; `note` is told of every file that a row has.
    ///
    /// # Errors
    /// When it cannot be read, or a file not noted.
    pub fn contents(
        &mut self,
        note: impl FnMut(&FileOfDownload) -> io::Result<()>,
    ) -> Result<Copied, CopyError> {
        contents(&mut self.conn, note)
    }

    /// `pg_dump` sees what the transaction sees in which the files are read: both are of one moment.
    fn dump(
        &mut self,
        url: &str,
        to: &Path,
        note: impl FnMut(&FileOfDownload) -> io::Result<()>,
    ) -> Result<Copied, CopyError> {
        self.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")?;
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let copied = self.dump_in_transaction(url, to, note);
        self.execute("ROLLBACK")?;
        copied
    }

    fn dump_in_transaction(
        &mut self,
        url: &str,
        to: &Path,
        note: impl FnMut(&FileOfDownload) -> io::Result<()>,
    ) -> Result<Copied, CopyError> {
        let query = "SELECT pg_export_snapshot() AS line";
        let snapshot: Line =
            diesel::sql_query(query).get_result(&mut self.conn).map_err(StoreError::Query)?;
        let name = to.display().to_string();
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
        made.map_err(|error| CopyError::Make(name.clone(), error))?;
        let format = ["--format=custom", "--no-owner", "--no-privileges"];
        let snapshot = format!("--snapshot={}", snapshot.line);
        let arguments =
            format.into_iter().map(str::to_owned).chain([snapshot, "--file".into(), name]);
        run("pg_dump", Some(url), arguments)?;
        contents(&mut self.conn, note)
    }

    /// Fills a PostgreSQL database from what `copy_to` made, all of it or nothing.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn fill_from(&mut self, dump: &Path, must_replace: bool) -> Result<(), CopyError> {
        let DatabaseUrl::Postgres(url) = &self.url else { return Ok(()) };
        let whole = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"];
        let replace = must_replace.then_some(["--clean", "--if-exists"]).into_iter().flatten();
        let file = dump.display().to_string();
        let arguments = whole.into_iter().chain(replace).map(str::to_owned).chain([file]);
        run("pg_restore", Some(url), arguments)
    }
}

/// Whether `pg_restore` can read a dump.
///
/// # Errors
/// When it cannot, or is not installed.
pub fn check_dump(dump: &Path) -> Result<(), CopyError> {
    run("pg_restore", None, ["--list".to_owned(), dump.display().to_string()])
}

fn contents(
    conn: &mut AnyConnection,
    mut note: impl FnMut(&FileOfDownload) -> io::Result<()>,
) -> Result<Copied, CopyError> {
    let mut after = None;
    loop {
        let page = files::all(conn, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.download);
        page.iter().try_for_each(&mut note).map_err(CopyError::Note)?;
    }
    let mut count = |table: &str| -> StoreResult<u64> {
        let query = format!("SELECT count(*) AS number FROM {table}");
        let found: Number = diesel::sql_query(query).get_result(conn)?;
        Ok(u64::try_from(found.number).unwrap_or(0))
    };
    let counts = Counts {
        users: count("users")?,
        downloads: count("downloads")?,
        batches: count("batches")?,
        playlists: count("playlists")?,
        api_keys: count("api_keys")?,
        cookie_jars: count("cookie_jars")?,
    };
    let schema = crate::migrations::schema(conn).map_err(StoreError::Migrate)?;
    Ok(Copied { counts, schema: schema.version().map(str::to_owned) })
}

fn sqlite(conn: &mut AnyConnection) -> Result<&mut SqliteConnection, CopyError> {
    match conn {
        AnyConnection::Sqlite(conn) => Ok(conn),
        AnyConnection::Postgres(_) => {
            Err(CopyError::Read(StoreError::corrupt("a kind of database", "postgresql")))
        }
    }
}

/// Runs one of PostgreSQL's programs. The password goes by the environment: everybody sees arguments.
fn run(
    tool: &'static str,
    url: Option<&str>,
    arguments: impl IntoIterator<Item = String>,
) -> Result<(), CopyError> {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(url) = url {
        let (url, password) = without_password(url);
        command.arg(format!("--dbname={url}")).env("PGCONNECT_TIMEOUT", "10");
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
    }
    let output = command.output().map_err(|error| CopyError::NoTool(tool, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(CopyError::Tool(tool, last.to_owned()))
}

/// A URL of PostgreSQL, and the password that was in it.
fn without_password(text: &str) -> (String, Option<String>) {
    let Ok(mut url) = url::Url::parse(text) else { return (text.to_owned(), None) };
    let password = url.password().map(|encoded| {
        percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned()
    });
    // Fails only for a URL without a host, which has no password either.
    let _has_host = url.set_password(None);
    (url.into(), password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_leaves_the_url_and_comes_out_decoded() {
        let (url, password) = without_password("postgres://m:a%40b@h:5432/d?sslmode=require");
        assert_eq!(url, "postgres://m@h:5432/d?sslmode=require");
        assert_eq!(password.as_deref(), Some("a@b"));
        let (url, password) = without_password("postgres://m@h/d");
        assert_eq!((url.as_str(), password), ("postgres://m@h/d", None));
    }
}
