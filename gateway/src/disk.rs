//! The store's disk, where this gateway reads it too.

use std::{
    path::PathBuf,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use media_store::StoreReader;
use service_kit::Chain;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// What lies in the configured directory: no store perhaps, or one that a service has yet to make.
pub(crate) struct Disk {
    /// None where files are kept elsewhere.
    root: Option<PathBuf>,
    store: RwLock<Option<StoreReader>>,
}

impl Disk {
    /// Looks once. It reads a few bytes from a disk, so it blocks.
    pub(crate) fn new(root: Option<PathBuf>) -> Self {
        let store = RwLock::new(root.clone().and_then(look));
        Self { root, store }
    }

    /// The store that was found last.
    pub(crate) fn store(&self) -> Option<StoreReader> {
        self.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks again and again: a store may be made, or replaced, while the gateway runs.
    pub(crate) async fn follow(&self, every: Duration, shutdown: CancellationToken) {
        let Some(root) = &self.root else { return };
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            let root = root.clone();
            // A look that panics has found nothing.
            let found = spawn_blocking(move || look(root)).await.unwrap_or_default();
            *self.store.write().unwrap_or_else(PoisonError::into_inner) = found;
        }
    }
}

fn look(root: PathBuf) -> Option<StoreReader> {
    match StoreReader::find(&root) {
        Ok(store) => Some(store),
        Err(error) => {
            log::debug!("files come through their service: {}", Chain(&error));
            None
        }
    }
}
