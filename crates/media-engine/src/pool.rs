//! Workers that are idle, kept warm for the next request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    job_dir::Places,
    lodging::{Caches, Lodging},
    supervisor::Supervisor,
    warden::Warden,
    worker::{Lost, Worker},
    zygote::Zygote,
};

/// An idle worker costs 16 MB; forking another one takes 10 ms and what it had learnt.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// How long it may take until the death of a zygote is known.
const DEATH_THROES: Duration = Duration::from_secs(2);

/// The most recently used goes first, so that the others can be let go.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Mutex<Vec<Worker>>,
    places: Places,
    caches: Arc<Caches>,
    warden: Arc<Warden>,
}

impl Pool {
    /// Workers will live in `places`, under the eyes of `warden`.
    pub(crate) fn new(places: Places, warden: Arc<Warden>) -> Self {
        let caches = Caches::new(&places.cache());
        Self { idle: Mutex::default(), places, caches, warden }
    }

    /// A warm worker if there is one, else a new one.
    ///
    /// # Errors
    /// When none can be forked.
    pub(crate) async fn take(&self, supervisor: &Supervisor) -> Result<Worker, Lost> {
        while let Some(worker) = self.pop() {
            if worker.is_fit() {
                return Ok(worker);
            }
        }
        self.fork(supervisor).await
    }

    /// A worker that has never seen a request.
    ///
    /// # Errors
    /// When it cannot be forked.
    pub(crate) async fn fork(&self, supervisor: &Supervisor) -> Result<Worker, Lost> {
        let zygote = supervisor.zygote().await.ok_or_else(none)?;
        match self.fork_from(&zygote).await {
            // It died in these moments; the next one is on its way.
            Err(_) if zygote.ends_within(DEATH_THROES).await => {
                let next = supervisor.zygote().await.ok_or_else(none)?;
                self.fork_from(&next).await
            }
            outcome => outcome,
        }
    }

    /// Keeps a worker that has finished its request in order.
    pub(crate) fn give_back(&self, mut worker: Worker) {
        if worker.is_fit() {
            worker.rest();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
    }

    /// Lets those go that have been idle for long.
    pub(crate) fn thin_out(&self) {
        self.retain(|worker| worker.is_fit() && worker.idle_for() < MAX_IDLE);
    }

    /// Kills all that are idle; resolves once they are gone.
    pub(crate) async fn clear(&self) {
        let all = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in all {
            worker.kill().await;
        }
    }

    /// A task of its own sees a birth through: a worker that nobody waits for any more must still be
    /// known, to be killed and reaped.
    async fn fork_from(&self, zygote: &Arc<Zygote>) -> Result<Worker, Lost> {
        let lodging = Lodging::open(&self.places, Arc::clone(&self.caches))?;
        let (zygote, warden) = (Arc::clone(zygote), Arc::clone(&self.warden));
        let birth = tokio::spawn(async move { Worker::fork(&zygote, lodging, warden).await });
        birth.await.map_err(std::io::Error::other)?
    }

    fn pop(&self) -> Option<Worker> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn retain(&self, keep: impl Fn(&Worker) -> bool) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).retain(keep);
    }
}

fn none() -> std::io::Error {
    std::io::Error::other("there is no zygote")
}
