//! Tells of every committed change once, to whoever listens at that moment.

use std::sync::Arc;

use common_types::internal::changes::{ChangedKind, Changes, Mark};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Changes that a listener may lag behind; beyond that it is told that it missed some.
const BACKLOG: usize = 1024;

/// Where changes are told. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    told: broadcast::Sender<Arc<Changes>>,
    /// Ends what listens, so that a server that stops need not wait for it.
    closed: CancellationToken,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self { told: broadcast::Sender::new(BACKLOG), closed: CancellationToken::new() }
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Changes>> {
        self.told.subscribe()
    }

    /// Cancelled when nothing more will be told.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    pub(crate) async fn close_at(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        self.closed.cancel();
    }

    /// Tells that these have changed; costs nothing while nobody listens.
    pub(crate) fn tell(&self, kind: ChangedKind, marks: impl IntoIterator<Item = Mark>) {
        if self.told.receiver_count() == 0 {
            return;
        }
        let marks: Vec<Mark> = marks.into_iter().collect();
        if !marks.is_empty() {
            // Whoever listened may just have gone.
            let _unheard = self.told.send(Arc::new(Changes { kind, marks }));
        }
    }
}
