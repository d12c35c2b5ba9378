//! The directories that jobs work in.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::EngineConfig;

/// The engine's places below its work directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    work_dir: PathBuf,
    cache_dir: PathBuf,
}

impl Places {
    /// Makes all of them, private, and empties those that hold nothing worth keeping.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(crate) fn prepare(config: &EngineConfig) -> io::Result<Self> {
        // Workers stand elsewhere, so a relative path would mean another place to them.
        let places = Self {
            work_dir: std::path::absolute(&config.work_dir)?,
            cache_dir: std::path::absolute(&config.cache_dir)?,
        };
        for left_over in [places.probes(), places.found()] {
            remove(&left_over)?;
        }
        let all = [places.jobs(), places.probes(), places.found(), places.home(), places.tools()];
        for place in all.iter().chain([&places.cache_dir]) {
            make_private(place)?;
        }
        Ok(places)
    }

    pub(crate) fn job(&self, id: Uuid) -> PathBuf {
        self.jobs().join(id.to_string())
    }

    /// A directory for one short request.
    pub(crate) fn probe(&self) -> PathBuf {
        self.probes().join(Uuid::new_v4().to_string())
    }

    /// What probes found, for the downloads that follow.
    pub(crate) fn found(&self) -> PathBuf {
        self.work_dir.join("found")
    }

    pub(crate) fn engine(&self) -> PathBuf {
        self.work_dir.join("engine")
    }

    pub(crate) fn tools(&self) -> PathBuf {
        self.engine().join("tools")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.engine().join("home")
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache_dir
    }

    fn jobs(&self) -> PathBuf {
        self.work_dir.join("jobs")
    }

    fn probes(&self) -> PathBuf {
        self.work_dir.join("probes")
    }
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes a directory and all in it; one that is not there is as good as removed.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Bytes in all files below `path`. What vanishes meanwhile does not count.
pub(crate) fn size_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
