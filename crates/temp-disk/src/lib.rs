//! A small disk for one test: a tmpfs, mounted where the test says, and unmounted with its value.
//!
//! This crate must never know what is written onto it. Mounting takes a right that an ordinary user
//! does not have; what is done without it is the test's to say.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// What takes the room that a test wants to be taken.
const BALLAST: &str = "ballast";

/// Why there is no disk, or not as full a one as was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TempDiskError {
    #[error("this user may not mount a disk")]
    NotAllowed,
    #[error("{0}")]
    Io(&'static str, #[source] io::Error),
}

impl TempDiskError {
    fn io<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Io(doing, error.into())
    }
}

/// A file system of a known size. It is gone, with all that is on it, when this is dropped.
#[derive(Debug)]
pub struct TempDisk {
    place: PathBuf,
}

impl TempDisk {
    /// Mounts one over `place`, a directory.
    ///
    /// # Errors
    /// [`TempDiskError::NotAllowed`] where this user may not.
    pub fn mount(place: &Path, size_bytes: u64) -> Result<Self, TempDiskError> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size_bytes}"), "tmpfs"])
            .arg(place)
            .stderr(Stdio::null())
            .status()
            .map_err(TempDiskError::io("running mount"))?;
        let disk = mounted.success().then(|| Self { place: place.to_owned() });
        disk.ok_or(TempDiskError::NotAllowed)
    }

    pub fn path(&self) -> &Path {
        &self.place
    }

    /// Has so many bytes be free, be it more or fewer than now.
    ///
    /// # Errors
    /// When other files leave less.
    pub fn leave_free(&self, free_bytes: u64) -> Result<(), TempDiskError> {
        self.clear()?;
        let told = statvfs(&self.place).map_err(TempDiskError::io("measuring the disk"))?;
        let free = told.f_bavail.saturating_mul(told.f_frsize);
        let surplus = free.saturating_sub(free_bytes);
        let ballast = File::create(self.place.join(BALLAST));
        let ballast = ballast.map_err(TempDiskError::io("making the ballast"))?;
        fallocate(ballast, FallocateFlags::empty(), 0, surplus)
            .map_err(TempDiskError::io("filling the disk"))
    }

    /// Gives back what was taken.
    ///
    /// # Errors
    /// When that fails.
    pub fn clear(&self) -> Result<(), TempDiskError> {
        match fs::remove_file(self.place.join(BALLAST)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(TempDiskError::Io("removing the ballast", error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for TempDisk {
    fn drop(&mut self) {
        // Whoever still has a file open on it keeps it until then; nobody finds it any more.
        drop(Command::new("umount").arg("--lazy").arg(&self.place).status());
    }
}
