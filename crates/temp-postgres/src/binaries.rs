//! Where PostgreSQL is installed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::TempPostgresError;

const DEBIAN: &str = "/usr/lib/postgresql";
const NEEDED: [&str; 3] = ["initdb", "postgres", "psql"];

/// The directory of the server's programs.
#[derive(Debug, Clone)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// The first directory of `PATH` that has them, or Debian's newest.
    pub(crate) fn find() -> Result<Self, TempPostgresError> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain(debian())
            .find(|directory| NEEDED.iter().all(|program| directory.join(program).is_file()))
            .map(Self)
            .ok_or(TempPostgresError::NotInstalled)
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        Command::new(self.path(program))
    }

    /// A name for this installation that can be part of a file's.
    pub(crate) fn slug(&self) -> String {
        let path = self.0.to_string_lossy();
        path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    }
}

fn debian() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(DEBIAN) else { return Vec::new() };
    let mut versions: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

fn version(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}
