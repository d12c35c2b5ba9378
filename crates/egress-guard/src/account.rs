//! What one pass may take, and what it took.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{Allowance, Overrun, Refusal, tally};

/// An honest job has a dozen at the most.
const MAX_CONNECTIONS: usize = 64;
/// Later ones say nothing new.
const MAX_REFUSALS_KEPT: usize = 16;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) secret: String,
    /// Who it is for, in logs.
    pub(crate) label: String,
    pub(crate) cut: CancellationToken,
    refused: CancellationToken,
    max_bytes: u64,
    max_age: Duration,
    bytes: AtomicU64,
    connections: AtomicU64,
    slots: Arc<Semaphore>,
    first_use: OnceLock<Instant>,
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    refusals: Vec<Refusal>,
    overrun: Option<Overrun>,
}

impl Account {
    pub(crate) fn new(allowance: Allowance, secret: String) -> Self {
        Self {
            secret,
            label: allowance.label,
            cut: CancellationToken::new(),
            refused: CancellationToken::new(),
            max_bytes: allowance.max_bytes,
            max_age: allowance.max_age,
            bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            first_use: OnceLock::new(),
            met: Mutex::default(),
        }
    }

    /// Room for one more connection, if there is any.
    pub(crate) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        self.first_use.get_or_init(Instant::now);
        self.connections.fetch_add(1, Ordering::Relaxed);
        Some(slot)
    }

    /// Resolves when nothing of this pass may go on. Its time runs from its first use, so that a job
    /// may wait for its turn.
    pub(crate) async fn ended(&self) {
        let began = *self.first_use.get_or_init(Instant::now);
        tokio::select! {
            () = self.cut.cancelled() => {}
            () = sleep_until(began + self.max_age) => self.overrun(Overrun::Age),
        }
    }

    /// Counts bytes of either direction; whether more may follow.
    pub(crate) fn spend(&self, bytes: u64) -> bool {
        let spent = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if spent > self.max_bytes {
            self.overrun(Overrun::Bytes);
        }
        spent <= self.max_bytes
    }

    fn overrun(&self, overrun: Overrun) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.overrun.is_none() && !self.cut.is_cancelled() {
            log::warn!("{}: out of {overrun:?}, and cut off", self.label);
            met.overrun = Some(overrun);
        }
        drop(met);
        self.cut.cancel();
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        log::warn!("{}: refused {}: {}", self.label, refusal.target, refusal.reason);
        let labels = [("reason", refusal.reason.slug())];
        metrics::counter!(tally::REFUSALS, &labels).increment(1);
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.refusals.len() < MAX_REFUSALS_KEPT {
            met.refusals.push(refusal);
        }
        drop(met);
        self.refused.cancel();
    }

    /// Resolves once anything was refused.
    pub(crate) async fn refused(&self) {
        self.refused.cancelled().await;
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn met(&self) -> (Vec<Refusal>, Option<Overrun>) {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        (met.refusals.clone(), met.overrun)
    }
}
