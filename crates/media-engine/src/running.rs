//! Which jobs are at work, and so have their directory to themselves.

use std::{
    io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use crate::job_dir::Places;

/// The ids of all jobs from when they are handed over until they have ended.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// An id twice where a job was handed over twice.
    ids: Mutex<Vec<Uuid>>,
}

/// A job counts as running as long as this value lives.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    running: &'a Running,
    id: Uuid,
}

impl Running {
    pub(crate) fn enter(&self, id: Uuid) -> Entry<'_> {
        self.ids().push(id);
        Entry { running: self, id }
    }

    /// The jobs that have a directory and do not run.
    ///
    /// # Errors
    /// When the directories cannot be listed.
    pub(crate) fn left_behind(&self, places: &Places) -> io::Result<Vec<Uuid>> {
        let mut found = places.job_ids()?;
        // Looked at last: what has begun meanwhile must not be among them.
        let ids = self.ids();
        found.retain(|id| !ids.contains(id));
        Ok(found)
    }

    /// Takes a job's directory out of its place, to `to`, unless the job runs; false where it does.
    /// No job can begin in between.
    ///
    /// # Errors
    /// When it cannot be moved; one that is not there is as good as moved.
    pub(crate) fn take_out(&self, id: Uuid, from: &Path, to: &Path) -> io::Result<bool> {
        let ids = self.ids();
        if ids.contains(&id) {
            return Ok(false);
        }
        match std::fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(true),
        }
    }

    fn ids(&self) -> std::sync::MutexGuard<'_, Vec<Uuid>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut ids = self.running.ids();
        if let Some(at) = ids.iter().position(|id| *id == self.id) {
            ids.swap_remove(at);
        }
    }
}
