//! The directory of one short request.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::job_dir::{self, Places};

/// A private directory that goes with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Only names it; [`Self::prepare`] makes it.
    pub(crate) fn new(places: &Places) -> Self {
        Self { path: places.probe() }
    }

    pub(crate) fn prepare(&self) -> io::Result<()> {
        job_dir::make_private(&self.path)
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
