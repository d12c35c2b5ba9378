//! The bus of several processes: Redis carries what one of them publishes to the others.
//!
//! Redis promises nothing to a subscriber that is away, so neither do we: whoever was away, or could
//! not publish, has the listeners told that they missed something.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use redis::{Pipeline, PushInfo, PushKind, RedisError, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    RedisAddress,
    bus::{BACKLOG, Bus, Heard},
    link::{Link, PROBE_EVERY},
};

/// Messages that go out in one round trip.
const BATCH: usize = 64;

/// What travels.
#[derive(Serialize, Deserialize)]
struct Envelope<M> {
    from: Uuid,
    /// None says that some could not be sent.
    message: Option<M>,
}

/// A bus that others share. Its own process hears its messages at once, with or without Redis.
pub struct RedisBus<M> {
    node: Uuid,
    channel: String,
    told: broadcast::Sender<Heard<M>>,
    outgoing: mpsc::Sender<Arc<M>>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Arc<M>>>,
    /// Whether something was not sent that others do not know of.
    has_lost: AtomicBool,
    link: Link,
}

impl<M: Serialize + DeserializeOwned + Send + Sync + 'static> RedisBus<M> {
    /// Connects to nothing yet: [`RedisBus::run`] does. Buses of the same name are the same.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(address: &RedisAddress, name: &'static str) -> Result<Self, RedisError> {
        let (node, channel) = (Uuid::new_v4(), address.name(name));
        let told = broadcast::Sender::new(BACKLOG);
        let [joined, heard] = [told.clone(), told.clone()];
        let link = Link::new(address, name)?.listening(
            channel.clone(),
            // What was said before is unknown; nobody needs to listen.
            move || drop(joined.send(Heard::Missed)),
            move |push| drop(open(push, node).map(|now| heard.send(now))),
        );
        let (outgoing, waiting) = mpsc::channel(BACKLOG);
        let (waiting, has_lost) = (waiting.into(), AtomicBool::new(false));
        Ok(Self { node, channel, told, outgoing, waiting, has_lost, link })
    }

    /// Whether others hear us, and we them, as far as is known.
    pub fn is_shared(&self) -> bool {
        self.link.connection().is_some()
    }

    /// Carries messages until shutdown.
    pub async fn run(&self, shutdown: CancellationToken) {
        let keeping = self.link.keep(&shutdown);
        let carrying = async {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.send_all() => {}
                () = self.remind() => {}
            }
        };
        tokio::join!(keeping, carrying);
    }

    async fn send_all(&self) {
        let mut waiting = self.waiting.lock().await;
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                received = waiting.recv_many(&mut batch, BATCH) => if received == 0 { return },
                // That something was lost is said even if nothing follows it.
                () = sleep(PROBE_EVERY) => {}
            }
            if !self.send(&batch).await {
                self.has_lost.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether everything has gone out.
    async fn send(&self, batch: &[Arc<M>]) -> bool {
        let Some(mut connection) = self.link.connection() else { return batch.is_empty() };
        let had_lost = self.has_lost.swap(false, Ordering::Relaxed);
        let mut pipeline = Pipeline::new();
        let messages = batch.iter().map(|message| Some(message.as_ref()));
        for message in had_lost.then_some(None).into_iter().chain(messages) {
            // These are always JSON.
            let envelope = serde_json::to_vec(&Envelope { from: self.node, message });
            pipeline.cmd("PUBLISH").arg(&self.channel).arg(envelope.unwrap_or_default()).ignore();
        }
        if pipeline.is_empty() {
            return true;
        }
        let sent = pipeline.exec_async(&mut connection).await;
        if let Err(error) = &sent {
            log::debug!("cannot publish: {error}");
            self.link.distrust();
        }
        sent.is_ok()
    }

    /// Tells the listeners again and again that others cannot be heard, while that is so.
    async fn remind(&self) {
        loop {
            sleep(PROBE_EVERY).await;
            if self.link.connection().is_none() {
                self.tell(Heard::Missed);
            }
        }
    }

    fn tell(&self, heard: Heard<M>) {
        let _unheard = self.told.send(heard);
    }
}

impl<M: Serialize + DeserializeOwned + Send + Sync + 'static> Bus<M> for RedisBus<M> {
    fn publish(&self, message: M) {
        let message = Arc::new(message);
        self.tell(Heard::Message(Arc::clone(&message)));
        if self.outgoing.try_send(message).is_err() {
            self.has_lost.store(true, Ordering::Relaxed);
        }
    }

    fn listen(&self) -> broadcast::Receiver<Heard<M>> {
        self.told.subscribe()
    }

    /// Others may listen without our knowing.
    fn has_listeners(&self) -> bool {
        true
    }
}

/// What a push says to `node`; nothing if it is its own word, or no message.
fn open<M: DeserializeOwned>(push: &PushInfo, node: Uuid) -> Option<Heard<M>> {
    match (&push.kind, push.data.as_slice()) {
        (PushKind::Message, [_channel, Value::BulkString(text)]) => {
            match serde_json::from_slice::<Envelope<M>>(text) {
                Ok(envelope) if envelope.from == node => None,
                Ok(Envelope { message: Some(message), .. }) => {
                    Some(Heard::Message(Arc::new(message)))
                }
                Ok(Envelope { message: None, .. }) => Some(Heard::Missed),
                Err(error) => {
                    log::warn!("cannot read a message of another node: {error}");
                    Some(Heard::Missed)
                }
            }
        }
        _ => None,
    }
}
