//! Threads of the store's own, on which everything that talks to the server runs.
//!
//! A connection belongs to the threads that opened it, and whoever asks next may get one that
//! another has opened: where those have something else to do, both wait. Here nobody has.

use std::{future::Future, io};

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;

use crate::StoreError;

const THREADS: usize = 2;
const NAME: &str = "bucket";

/// Ends with its last user, wherever that is.
pub(super) struct Threads(Option<Runtime>);

impl Threads {
    pub(super) fn start() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name(NAME).enable_all().build().map(Some).map(Self)
    }

    /// Runs `work` there to its end, for as long as somebody waits for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let runtime = self.0.as_ref().ok_or(StoreError::Stopped)?;
        AbortOnDropHandle::new(runtime.spawn(work)).await.map_err(StoreError::Lost)?
    }

    /// Runs `work` there, whether or not somebody waits for it.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // One of the threads may be where this happens, and cannot wait for itself.
            runtime.shutdown_background();
        }
    }
}
