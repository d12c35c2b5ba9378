//! The directory that one worker is confined to, and what is in it for the time of a request.
//!
//! What a worker may reach cannot be widened, so the directory of a job comes to the worker: it is
//! moved in before its request and out of reach again after it. Wherever this process is killed in
//! between, the next start finds it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use crate::{
    job_dir::{self, Places},
    scratch::Scratch,
};

/// Solved player scripts take some megabytes each.
const MAX_CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// A worker's directory; goes with this value, but for what is not the worker's.
#[derive(Debug)]
pub(crate) struct Lodging {
    path: PathBuf,
    places: Places,
    caches: Arc<Caches>,
    keeps_cache: bool,
    guest: Option<Guest>,
}

/// A job's directory on a visit.
#[derive(Debug)]
struct Guest {
    inside: PathBuf,
    home: PathBuf,
}

impl Lodging {
    /// Makes one, with a cache that an earlier worker filled, or an empty one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(places: &Places, caches: Arc<Caches>) -> io::Result<Self> {
        let path = places.lodging();
        job_dir::make_private(&path)?;
        let lodging = Self { path, places: places.clone(), caches, keeps_cache: true, guest: None };
        if !lodging.caches.lend(&lodging.cache()) {
            job_dir::make_private(&lodging.cache())?;
        }
        Ok(lodging)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What yt-dlp keeps from one request of this worker to the next.
    pub(crate) fn cache(&self) -> PathBuf {
        self.path.join("cache")
    }

    /// Nothing that this worker has kept is for another one.
    pub(crate) fn spoil_cache(&mut self) {
        self.keeps_cache = false;
    }

    /// A directory for one short request, within the worker's reach.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn scratch(&self) -> io::Result<Scratch> {
        Scratch::make(self.path.join(format!("probe-{}", Uuid::new_v4())))
    }

    /// Moves a job's directory within the worker's reach, until [`Self::see_off`]; where it is now.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub(crate) fn take_in(&mut self, home: &Path) -> io::Result<PathBuf> {
        let name = home.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
        let inside = self.path.join(name);
        fs::rename(home, &inside)?;
        self.guest = Some(Guest { inside: inside.clone(), home: home.to_owned() });
        Ok(inside)
    }

    /// Moves it out of reach again.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub(crate) fn see_off(&mut self) -> io::Result<()> {
        match self.guest.take() {
            Some(guest) => fs::rename(guest.inside, guest.home),
            None => Ok(()),
        }
    }
}

impl Drop for Lodging {
    fn drop(&mut self) {
        // The worker may still be dying: what is moved is out of its reach at once.
        if let Err(error) = self.see_off() {
            log::warn!("moving a job's directory out of its worker's failed: {error}");
        }
        if self.keeps_cache {
            self.caches.take_back(&self.cache());
        }
        let way_out = self.places.way_out();
        let removed = fs::rename(&self.path, &way_out).and_then(|()| job_dir::remove(&way_out));
        if let Err(error) = removed {
            log::warn!("removing the directory of a worker failed: {error}");
        }
    }
}

/// What workers kept, each for the next one alone: none writes where another one reads.
#[derive(Debug)]
pub(crate) struct Caches {
    directory: PathBuf,
    /// The one that was used last is lent first.
    resting: Mutex<Vec<PathBuf>>,
}

impl Caches {
    /// `directory` is empty.
    pub(crate) fn new(directory: &Path) -> Arc<Self> {
        Arc::new(Self { directory: directory.to_owned(), resting: Mutex::default() })
    }

    fn lend(&self, to: &Path) -> bool {
        let last = self.resting.lock().unwrap_or_else(PoisonError::into_inner).pop();
        last.is_some_and(|cache| fs::rename(cache, to).is_ok())
    }

    fn take_back(&self, from: &Path) {
        let place = self.directory.join(Uuid::new_v4().to_string());
        if fs::rename(from, &place).is_err() {
            return;
        }
        if !place.is_symlink() && place.is_dir() && job_dir::size_bytes(&place) < MAX_CACHE_BYTES {
            self.resting.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        } else if let Err(error) = job_dir::remove(&place) {
            log::warn!("removing a cache that has grown too large failed: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineConfig;

    fn places(work: &Path) -> Places {
        Places::prepare(&EngineConfig::new(PathBuf::new(), work.to_owned())).unwrap()
    }

    fn open(places: &Places, caches: &Arc<Caches>) -> Lodging {
        Lodging::open(places, Arc::clone(caches)).unwrap()
    }

    #[test]
    fn a_job_comes_back_from_a_lodging_that_goes() {
        let work = tempfile::tempdir().unwrap();
        let places = places(work.path());
        let mut lodging = open(&places, &Caches::new(&places.cache()));
        let home = places.job(Uuid::new_v4());
        job_dir::make_private(&home).unwrap();
        fs::write(home.join("part"), "half").unwrap();
        let inside = lodging.take_in(&home).unwrap();
        assert!(inside.join("part").exists() && !home.exists());
        fs::write(lodging.path().join("junk"), "junk").unwrap();
        let path = lodging.path().to_owned();
        drop(lodging);
        assert_eq!(fs::read_to_string(home.join("part")).unwrap(), "half");
        assert!(!path.exists());
        assert_eq!(fs::read_dir(work.path().join("gone")).unwrap().count(), 0);
    }

    #[test]
    fn a_start_finds_the_jobs_that_were_with_workers() {
        let work = tempfile::tempdir().unwrap();
        let places_before = places(work.path());
        let mut lodging = open(&places_before, &Caches::new(&places_before.cache()));
        let id = Uuid::new_v4();
        let home = places_before.job(id);
        job_dir::make_private(&home).unwrap();
        fs::write(home.join("cookies.txt"), "secret").unwrap();
        fs::write(home.join("part"), "half").unwrap();
        lodging.take_in(&home).unwrap();
        std::mem::forget(lodging);
        let places_after = places(work.path());
        assert_eq!(places_after.job_ids().unwrap(), [id]);
        assert!(home.join("part").exists() && !home.join("cookies.txt").exists());
        assert_eq!(fs::read_dir(work.path().join("workers")).unwrap().count(), 0);
    }

    #[test]
    fn a_cache_is_lent_to_one_worker_after_the_other() {
        let work = tempfile::tempdir().unwrap();
        let places = places(work.path());
        let caches = Caches::new(&places.cache());
        let first = open(&places, &caches);
        fs::write(first.cache().join("player"), "solved").unwrap();
        let second = open(&places, &caches);
        assert!(!second.cache().join("player").exists());
        drop(first);
        let third = open(&places, &caches);
        assert!(third.cache().join("player").exists());
    }

    #[test]
    fn a_spoilt_cache_is_no_one_elses() {
        let work = tempfile::tempdir().unwrap();
        let places = places(work.path());
        let caches = Caches::new(&places.cache());
        let mut first = open(&places, &caches);
        fs::write(first.cache().join("token"), "mine").unwrap();
        first.spoil_cache();
        drop(first);
        assert!(!open(&places, &caches).cache().join("token").exists());
    }
}
