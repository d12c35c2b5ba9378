//! The directories that jobs work in.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::EngineConfig;

/// Where yt-dlp keeps what comes, and where it puts the file made of it; see `options.py`.
const STREAMS_AND_FILE: [&str; 2] = ["tmp", "out"];

/// The engine's places below its work directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    work_dir: PathBuf,
}

impl Places {
    /// Makes all of them, private, and empties those that hold nothing worth keeping.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(crate) fn prepare(config: &EngineConfig) -> io::Result<Self> {
        // Workers stand elsewhere, so a relative path would mean another place to them.
        let places = Self { work_dir: std::path::absolute(&config.work_dir)? };
        for place in [places.gone(), places.jobs()] {
            make_private(&place)?;
        }
        places.bring_jobs_home()?;
        for left_over in [places.workers(), places.found(), places.home(), places.cache()] {
            places.clear_away(&left_over)?;
        }
        if let Err(error) = empty(&places.gone()) {
            log::warn!("removing what an earlier run left behind failed: {error}");
        }
        let all = [places.workers(), places.found(), places.home(), places.cache(), places.tools()];
        for place in all {
            make_private(&place)?;
        }
        for id in places.job_ids()? {
            take_back_cookies(&places.job(id))?;
        }
        Ok(places)
    }

    /// The jobs that have a directory.
    ///
    /// # Errors
    /// When the directories cannot be listed.
    pub(crate) fn job_ids(&self) -> io::Result<Vec<Uuid>> {
        jobs_in(&self.jobs())
    }

    /// Takes the directories of jobs from the workers that had them when an earlier run was killed.
    fn bring_jobs_home(&self) -> io::Result<()> {
        let lodgings = match fs::read_dir(self.workers()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            lodgings => lodgings?,
        };
        for lodging in lodgings {
            let lodging = lodging?.path();
            for id in jobs_in(&lodging)? {
                fs::rename(lodging.join(id.to_string()), self.job(id))?;
            }
        }
        Ok(())
    }

    /// A name for something that is on its way out: moving it there takes one step, removing it takes
    /// many, and a start finishes what was begun.
    pub(crate) fn way_out(&self) -> PathBuf {
        self.gone().join(Uuid::new_v4().to_string())
    }

    /// Moves a directory out of its place, where a process that is being killed may still write.
    fn clear_away(&self, place: &Path) -> io::Result<()> {
        match fs::rename(place, self.way_out()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn job(&self, id: Uuid) -> PathBuf {
        self.jobs().join(id.to_string())
    }

    /// A directory for one worker.
    pub(crate) fn lodging(&self) -> PathBuf {
        self.workers().join(Uuid::new_v4().to_string())
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

    /// For the programs of another environment than the one of the start.
    pub(crate) fn tools_of(&self, python: &Path) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        python.hash(&mut hasher);
        self.engine().join(format!("tools-{:016x}", hasher.finish()))
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.engine().join("home")
    }

    /// What yt-dlp keeps, while no worker has it.
    pub(crate) fn cache(&self) -> PathBuf {
        self.work_dir.join("cache")
    }

    fn jobs(&self) -> PathBuf {
        self.work_dir.join("jobs")
    }

    fn workers(&self) -> PathBuf {
        self.work_dir.join("workers")
    }

    fn gone(&self) -> PathBuf {
        self.work_dir.join("gone")
    }
}

/// The directories in `place` that are named after jobs.
fn jobs_in(place: &Path) -> io::Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        let is_named_so = |id: &Uuid| place.join(id.to_string()) == entry.path();
        ids.extend(id.filter(|id| is_named_so(id) && entry.file_type().is_ok_and(|t| t.is_dir())));
    }
    Ok(ids)
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

/// Writes a file that is nobody else's from its first byte on, in place of any that is there.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)
}

/// Cookies are lent for one request; whatever else a directory keeps, not them.
pub(crate) fn take_back_cookies(directory: &Path) -> io::Result<()> {
    match fs::remove_file(lent_cookies(directory)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Where a request's own copy of the cookies lies.
pub(crate) fn lent_cookies(directory: &Path) -> PathBuf {
    directory.join("cookies.txt")
}

/// Whether a job's directory holds any part of a file.
pub(crate) fn holds_a_start(directory: &Path) -> bool {
    STREAMS_AND_FILE.iter().any(|part| size_bytes(&directory.join(part)) > 0)
}

fn empty(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        remove(&entry?.path())?;
    }
    Ok(())
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
