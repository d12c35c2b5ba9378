//! Messages to whoever listens at that moment, in this process or in others.

use std::sync::Arc;

use tokio::sync::broadcast;

/// Messages that a listener may lag behind; beyond that its receiver says that it missed some.
pub(crate) const BACKLOG: usize = 1024;

/// What a listener hears.
#[derive(Debug)]
pub enum Heard<M> {
    Message(Arc<M>),
    /// Messages may have been lost, this one's own place in the order included. Repeated about every
    /// second for as long as others cannot be heard, so that whoever asks for the state of things
    /// each time falls back to polling by itself.
    Missed,
}

/// By hand: the message itself need not be `Clone`.
impl<M> Clone for Heard<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Message(message) => Self::Message(Arc::clone(message)),
            Self::Missed => Self::Missed,
        }
    }
}

/// Carries messages of one kind. A message that is published is heard once by every listener, unless
/// the listener hears [`Heard::Missed`] (or its receiver lags) instead.
pub trait Bus<M>: Send + Sync {
    /// Never waits, and never fails: what cannot be carried is told of as missed.
    fn publish(&self, message: M);

    fn listen(&self) -> broadcast::Receiver<Heard<M>>;

    /// Whether a message would reach anyone, so that it need not be made otherwise.
    fn has_listeners(&self) -> bool;
}

/// The bus of a single process.
#[derive(Debug)]
pub struct LocalBus<M> {
    told: broadcast::Sender<Heard<M>>,
}

impl<M> Default for LocalBus<M> {
    fn default() -> Self {
        Self { told: broadcast::Sender::new(BACKLOG) }
    }
}

impl<M: Send + Sync> Bus<M> for LocalBus<M> {
    fn publish(&self, message: M) {
        // Whoever listened may just have gone.
        let _unheard = self.told.send(Heard::Message(Arc::new(message)));
    }

    fn listen(&self) -> broadcast::Receiver<Heard<M>> {
        self.told.subscribe()
    }

    fn has_listeners(&self) -> bool {
        self.told.receiver_count() > 0
    }
}
