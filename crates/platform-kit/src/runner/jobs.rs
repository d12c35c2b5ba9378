//! The jobs that run on this node, as handlers, the heartbeat and the runner see them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use common_types::{
    download::Phase,
    internal::{
        collections::ExpansionJob,
        jobs::{Job, JobProgress},
    },
};
use media_engine::JobState;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::wire;

/// While the file is put away; only a completed download shows 100.
const STORING_PROGRESS: f64 = 99.5;

struct Entry {
    attempt: u32,
    state: watch::Sender<JobState>,
    cancel: CancellationToken,
    /// Until when the lease holds for certain, counted from when it was asked for.
    lease_until: Instant,
}

struct Expansion {
    attempt: u32,
    cancel: CancellationToken,
}

/// A job that is on the list for as long as this lives.
pub(super) struct Running {
    jobs: Jobs,
    id: Uuid,
    attempt: u32,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut entries = self.jobs.lock();
        if entries.get(&self.id).is_some_and(|entry| entry.attempt == self.attempt) {
            entries.remove(&self.id);
        }
    }
}

/// An expansion that is on the list for as long as this lives.
pub(super) struct Expanding {
    jobs: Jobs,
    id: Uuid,
    attempt: u32,
}

impl Drop for Expanding {
    fn drop(&mut self) {
        let mut expansions = self.jobs.lock_expansions();
        if expansions.get(&self.id).is_some_and(|known| known.attempt == self.attempt) {
            expansions.remove(&self.id);
        }
    }
}

/// A handle on the jobs of this node; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    entries: Arc<Mutex<HashMap<Uuid, Entry>>>,
    /// Playlists that are being enumerated. They renew their leases themselves.
    expansions: Arc<Mutex<HashMap<Uuid, Expansion>>>,
    wake: Arc<Notify>,
    wake_expander: Arc<Notify>,
    /// When the site complained last, if it has not served this node since.
    complaint: Arc<Mutex<Option<Instant>>>,
}

impl Jobs {
    /// Whether anything runs here.
    pub(crate) fn are_any(&self) -> bool {
        !self.lock().is_empty() || !self.lock_expansions().is_empty()
    }

    /// Tells the runner that there may be something to claim.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Tells the expander that there may be a playlist to enumerate.
    pub(crate) fn wake_expander(&self) {
        self.wake_expander.notify_one();
    }

    pub(super) async fn expansion_woken(&self) {
        self.wake_expander.notified().await;
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The site has had enough of this node.
    pub(super) fn note_complaint(&self, now: Instant) {
        *self.lock_complaint() = Some(now);
    }

    /// Whether the site had complained before a job began that has succeeded now; told once. A job
    /// that begins after a complaint begins after the pause.
    pub(super) fn take_complaint_before(&self, began: Instant) -> bool {
        self.lock_complaint().take_if(|at| *at < began).is_some()
    }

    fn lock_complaint(&self) -> MutexGuard<'_, Option<Instant>> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills a job that runs here; its row is no longer ours. One that runs elsewhere is killed
    /// there, by that node's next heartbeat.
    pub(crate) fn abandon(&self, id: Uuid) {
        if let Some(entry) = self.lock().get(&id) {
            entry.cancel.cancel();
        }
        if let Some(expansion) = self.lock_expansions().get(&id) {
            expansion.cancel.cancel();
        }
    }

    /// By what an expansion is cancelled, while the guard lives.
    pub(super) fn enter_expansion(&self, job: &ExpansionJob) -> (Expanding, CancellationToken) {
        let cancel = CancellationToken::new();
        let expansion = Expansion { attempt: job.attempt, cancel: cancel.clone() };
        // One that was lost and claimed again while its old task still ends.
        if let Some(old) = self.lock_expansions().insert(job.id, expansion) {
            old.cancel.cancel();
        }
        (Expanding { jobs: self.clone(), id: job.id, attempt: job.attempt }, cancel)
    }

    fn lock_expansions(&self) -> MutexGuard<'_, HashMap<Uuid, Expansion>> {
        self.expansions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, job: &Job, lease_until: Instant) {
        let (state, _) = watch::channel(JobState::default());
        let cancel = CancellationToken::new();
        let entry = Entry { attempt: job.attempt, state, cancel, lease_until };
        // A job that was lost and claimed again while its old task still ends.
        if let Some(old) = self.lock().insert(job.id, entry) {
            old.cancel.cancel();
        }
    }

    /// Where a job reports, and by what it is killed.
    pub(super) fn controls(&self, job: &Job) -> (watch::Sender<JobState>, CancellationToken) {
        match self.lock().get(&job.id).filter(|entry| entry.attempt == job.attempt) {
            Some(entry) => (entry.state.clone(), entry.cancel.clone()),
            None => {
                let cancel = CancellationToken::new();
                cancel.cancel();
                (watch::channel(JobState::default()).0, cancel)
            }
        }
    }

    /// The job leaves the list when the guard goes, also when its task panics: what stays on the
    /// list has its lease renewed, and a dead job must lapse.
    pub(super) fn until_dropped(&self, job: &Job) -> Running {
        Running { jobs: self.clone(), id: job.id, attempt: job.attempt }
    }

    /// The fetched file is being put into the store.
    pub(super) fn note_storing(&self, job: &Job) {
        let entries = self.lock();
        if let Some(entry) = entries.get(&job.id).filter(|entry| entry.attempt == job.attempt) {
            entry.state.send_modify(|state| {
                state.phase = Phase::Storing;
                state.progress = STORING_PROGRESS;
                state.speed_bps = None;
                state.eta_seconds = None;
            });
        }
    }

    /// How far every job is.
    pub(super) fn progress(&self) -> Vec<JobProgress> {
        let entries = self.lock();
        let progress = |(id, entry): (&Uuid, &Entry)| {
            wire::job_progress(*id, entry.attempt, &entry.state.borrow())
        };
        entries.iter().map(progress).collect()
    }

    /// The leases of these jobs were renewed.
    pub(super) fn renew(&self, jobs: &[JobProgress], lease_until: Instant) {
        let mut entries = self.lock();
        for job in jobs {
            if let Some(entry) = entries.get_mut(&job.id).filter(|e| e.attempt == job.attempt) {
                entry.lease_until = lease_until;
            }
        }
    }

    /// Kills the jobs whose lease may have lapsed: someone else may be running them.
    pub(super) fn abandon_lapsed(&self, now: Instant) {
        for (id, entry) in self.lock().iter() {
            if entry.lease_until <= now && !entry.cancel.is_cancelled() {
                log::warn!("the lease on job {id} may have lapsed; abandoning it");
                entry.cancel.cancel();
            }
        }
    }

    /// The map is whole after every statement that changes it, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common_types::{
        download::DownloadType, internal::downloads::KnownMedia, media::MediaOptions,
    };

    use super::*;

    fn job(attempt: u32) -> Job {
        Job {
            id: Uuid::nil(),
            user_id: 1,
            attempt,
            url: String::new(),
            video_id: String::new(),
            options: MediaOptions::default(),
            known: KnownMedia::default(),
            kind: DownloadType::Single,
            batch_id: None,
            playlist_id: None,
            position: None,
        }
    }

    #[tokio::test]
    async fn the_lease_of_a_job_that_panicked_is_renewed_no_more() {
        let jobs = Jobs::default();
        jobs.enter(&job(1), Instant::now());
        let running = jobs.until_dropped(&job(1));
        assert_eq!(jobs.progress().len(), 1);
        let task = tokio::spawn(async move {
            let _running = running;
            panic!("as a bug would");
        });
        assert!(task.await.unwrap_err().is_panic());
        assert!(jobs.progress().is_empty());
    }

    #[test]
    fn only_a_job_that_began_after_the_complaint_forgives_and_only_once() {
        let (jobs, complaint) = (Jobs::default(), Instant::now());
        let (before, after) =
            (complaint - Duration::from_secs(1), complaint + Duration::from_secs(1));
        jobs.note_complaint(complaint);
        assert!(!jobs.take_complaint_before(before));
        assert!(jobs.take_complaint_before(after));
        assert!(!jobs.take_complaint_before(after));
    }

    #[test]
    fn an_old_attempt_does_not_take_the_new_one_off_the_list() {
        let jobs = Jobs::default();
        jobs.enter(&job(1), Instant::now());
        let old = jobs.until_dropped(&job(1));
        jobs.enter(&job(2), Instant::now());
        drop(old);
        assert_eq!(jobs.progress().first().map(|job| job.attempt), Some(2));
    }
}
