//! Which jobs are at work, and so have their directory to themselves.

use std::{io, path::Path};

use tokio::sync::watch;
use uuid::Uuid;

use crate::job_dir::Places;

/// The ids of all jobs from when they are handed over until they have ended.
#[derive(Debug, Default)]
pub(crate) struct Running {
    ids: watch::Sender<Vec<Uuid>>,
}

/// A job counts as running as long as this value lives.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    running: &'a Running,
    id: Uuid,
}

impl Running {
    /// Waits until an earlier attempt of the same job has ended and left the directory.
    pub(crate) async fn enter(&self, id: Uuid) -> Entry<'_> {
        let mut changes = self.ids.subscribe();
        loop {
            let is_first = self.ids.send_if_modified(|ids| {
                let is_first = !ids.contains(&id);
                ids.extend(is_first.then_some(id));
                is_first
            });
            if is_first {
                return Entry { running: self, id };
            }
            // It fails only when there is no sender, and we are one.
            drop(changes.changed().await);
        }
    }

    /// The jobs that have a directory and do not run.
    ///
    /// # Errors
    /// When the directories cannot be listed.
    pub(crate) fn left_behind(&self, places: &Places) -> io::Result<Vec<Uuid>> {
        let mut found = places.job_ids()?;
        // Looked at last: what has begun meanwhile must not be among them.
        let ids = self.ids.borrow();
        found.retain(|id| !ids.contains(id));
        Ok(found)
    }

    /// Takes a job's directory out of its place, to `to`, unless the job runs; false where it does.
    /// No job can begin in between.
    ///
    /// # Errors
    /// When it cannot be moved; one that is not there is as good as moved.
    pub(crate) fn take_out(&self, id: Uuid, from: &Path, to: &Path) -> io::Result<bool> {
        let ids = self.ids.borrow();
        if ids.contains(&id) {
            return Ok(false);
        }
        match std::fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(true),
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.running.ids.send_modify(|ids| ids.retain(|id| *id != self.id));
    }
}
