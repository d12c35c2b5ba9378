//! The directory of one short request.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::job_dir;

/// A private directory that goes with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn make(path: PathBuf) -> io::Result<Self> {
        job_dir::make_private(&path)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A few small files: no reason for another thread.
        if let Err(error) = job_dir::remove(&self.path) {
            log::warn!("removing the directory of a probe failed: {error}");
        }
    }
}
