//! Room on the disk: what is free, and what the jobs that run have still to write.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use common_types::MediaErrorCode;

use crate::{MediaFailure, job_dir};

/// A job that is at work is ended below this, if the reserve is not smaller still: what a full disk
/// does to a merge is harder to tell, and to every other program on this machine.
const MOST_OF_A_FLOOR_BYTES: u64 = 16 * 1024 * 1024;
/// How much of the reserve must be left while jobs are at work.
const FLOOR_SHARE: u64 = 4;

/// Lets jobs begin that fit beside those that have begun.
#[derive(Debug)]
pub(crate) struct Room {
    work_dir: PathBuf,
    reserve_bytes: u64,
    /// Those whose job has ended are dead.
    promises: Mutex<Vec<Weak<Promise>>>,
}

/// What one job may still write; it is kept for as long as the job has this value.
#[derive(Debug)]
pub(crate) struct Promise {
    needed_bytes: u64,
    held_bytes: AtomicU64,
}

impl Promise {
    /// The job's directory holds so many bytes by now.
    pub(crate) fn holds(&self, bytes: u64) {
        self.held_bytes.store(bytes, Ordering::Relaxed);
    }

    fn outstanding(&self) -> u64 {
        self.needed_bytes.saturating_sub(self.held_bytes.load(Ordering::Relaxed))
    }
}

impl Room {
    pub(crate) fn new(work_dir: &Path, reserve_bytes: u64) -> Self {
        Self { work_dir: work_dir.to_owned(), reserve_bytes, promises: Mutex::default() }
    }

    /// Room for a job whose directory will hold `needed_bytes` at its fullest, as far as that is
    /// known, and may hold some of them already.
    ///
    /// # Errors
    /// When there is too little.
    pub(crate) async fn promise(
        &self,
        needed_bytes: Option<u64>,
        directory: &Path,
    ) -> Result<Arc<Promise>, MediaFailure> {
        let (work_dir, directory) = (self.work_dir.clone(), directory.to_owned());
        let measure = move || (free_bytes(&work_dir), job_dir::size_bytes(&directory));
        let measured = tokio::task::spawn_blocking(measure).await;
        let (free, held) = measured.unwrap_or_else(|error| (Err(io::Error::other(error)), 0));
        // A disk that does not say how full it is cannot be too full.
        self.judge(free.unwrap_or(u64::MAX), needed_bytes, held)
    }

    /// Whether the reserve is free.
    pub(crate) async fn has_reserve(&self) -> bool {
        let work_dir = self.work_dir.clone();
        let measured = tokio::task::spawn_blocking(move || free_bytes(&work_dir)).await;
        let free = measured.unwrap_or_else(|error| Err(io::Error::other(error)));
        free.unwrap_or(u64::MAX) >= self.reserve_bytes
    }

    /// What must be free while jobs are at work.
    pub(crate) fn floor_bytes(&self) -> u64 {
        (self.reserve_bytes / FLOOR_SHARE).min(MOST_OF_A_FLOOR_BYTES)
    }

    fn judge(
        &self,
        free: u64,
        needed: Option<u64>,
        held: u64,
    ) -> Result<Arc<Promise>, MediaFailure> {
        let promise = Arc::new(Promise {
            needed_bytes: needed.unwrap_or_default(),
            held_bytes: AtomicU64::new(held),
        });
        let mut promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        promises.retain(|promise| promise.strong_count() > 0);
        let promised = promises.iter().filter_map(Weak::upgrade);
        let promised = promised.fold(0, |sum: u64, each| sum.saturating_add(each.outstanding()));
        let wanted = promise.outstanding().saturating_add(self.reserve_bytes);
        if free < wanted.saturating_add(promised) {
            let detail = format!(
                "{free} bytes are free; {} are needed, {promised} promised, {} reserved",
                promise.outstanding(),
                self.reserve_bytes,
            );
            return Err(MediaFailure::because(MediaErrorCode::DiskFull, cause(needed), detail));
        }
        promises.push(Arc::downgrade(&promise));
        Ok(promise)
    }
}

fn cause(needed: Option<u64>) -> &'static str {
    match needed {
        Some(_) => "This server has too little room left for a file of this size.",
        None => "This server has too little room left for a file of unknown size.",
    }
}

/// What an ordinary user may still write to the file system of `path`.
///
/// # Errors
/// When the file system does not say.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let told = rustix::fs::statvfs(path)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVE: u64 = 100;

    fn room() -> Room {
        Room::new(Path::new("/nonexistent"), RESERVE)
    }

    #[test]
    fn a_file_fits_with_the_reserve_or_not_at_all() {
        assert!(room().judge(600, Some(500), 0).is_ok());
        let failure = room().judge(599, Some(500), 0).unwrap_err();
        assert_eq!(failure.code(), MediaErrorCode::DiskFull);
        assert!(failure.problem.error.contains("too little room"), "{failure:?}");
    }

    #[test]
    fn of_a_file_of_unknown_size_the_reserve_is_asked() {
        assert!(room().judge(RESERVE, None, 0).is_ok());
        assert!(room().judge(RESERVE - 1, None, 0).is_err());
    }

    #[test]
    fn what_an_earlier_attempt_fetched_needs_no_room_again() {
        assert!(room().judge(200, Some(500), 400).is_ok());
        assert!(room().judge(199, Some(500), 400).is_err());
        assert!(room().judge(RESERVE, Some(500), 9000).is_ok());
    }

    #[test]
    fn what_others_have_still_to_write_is_not_free() {
        let room = room();
        let first = room.judge(1000, Some(500), 0).unwrap();
        assert!(room.judge(1000, Some(401), 0).is_err());
        // It has written 300, which are no longer free.
        first.holds(300);
        assert!(room.judge(700, Some(401), 0).is_err());
        let second = room.judge(700, Some(400), 0).unwrap();
        assert!(room.judge(699, None, 0).is_err());
        drop((first, second));
        assert!(room.judge(700, Some(600), 0).is_ok());
    }

    #[test]
    fn no_number_is_too_large() {
        let room = Room::new(Path::new("/"), u64::MAX);
        assert!(room.judge(u64::MAX - 1, Some(u64::MAX), 0).is_err());
        assert_eq!(room.floor_bytes(), MOST_OF_A_FLOOR_BYTES);
    }

    #[test]
    fn a_file_system_says_what_is_free() {
        let here = tempfile::tempdir().unwrap();
        assert!(free_bytes(here.path()).unwrap() > 0);
        assert!(free_bytes(Path::new("/nonexistent")).is_err());
    }
}
