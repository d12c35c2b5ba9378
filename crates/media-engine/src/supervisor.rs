//! Keeps a zygote running: starts it, starts it again when it dies, ends it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    EngineError,
    wire::SandboxReport,
    zygote::{Launch, News, Retired, Zygote},
};

const FIRST_WORD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the next engine may take until it is warm; until then the one before goes on.
const SUCCESSION_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a request waits for a zygote that is being started again.
const RESTART_TIMEOUT: Duration = Duration::from_secs(30);
const BACKOFF_START: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
const RESTARTS: &str = "engine_restarts_total";
/// After that long, a death is a new misfortune and not the last one going on.
const STEADY: Duration = Duration::from_secs(30);

type Tidings = mpsc::UnboundedReceiver<News>;

/// What has been learnt of the zygote's surroundings.
#[derive(Debug, Default, Clone)]
pub(crate) struct Learnt {
    pub(crate) yt_dlp: Option<String>,
    pub(crate) js_runtime: Option<String>,
    pub(crate) sandbox: SandboxReport,
}

/// Hands out the zygote that is running now.
#[derive(Debug)]
pub(crate) struct Supervisor {
    current: watch::Sender<Option<Arc<Zygote>>>,
    learnt: Mutex<Learnt>,
    warm: watch::Sender<bool>,
    successors: mpsc::Sender<Successor>,
    /// Those that end with their last worker.
    retired: Mutex<Vec<Retired>>,
    stopping: CancellationToken,
}

/// A zygote that is warm, and is to take the place of the one that runs.
struct Successor {
    launch: Launch,
    zygote: Arc<Zygote>,
    news: Tidings,
    learnt: Learnt,
}

impl Supervisor {
    /// Starts the first zygote and hears its first word, the version of yt-dlp.
    ///
    /// # Errors
    /// When it cannot be started or ends at once.
    pub(crate) async fn start(
        launch: Launch,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, EngineError> {
        metrics::describe_counter!(RESTARTS, "How often the engine's Python process had died.");
        metrics::counter!(RESTARTS).increment(0);
        let (zygote, mut news) = spawn(&launch).map_err(|source| EngineError::Spawn { source })?;
        let learnt = first_word(&mut news).await?;
        let (successors, succession) = mpsc::channel(1);
        let supervisor = Arc::new(Self {
            current: watch::Sender::new(Some(zygote.clone())),
            learnt: Mutex::new(learnt),
            warm: watch::Sender::new(false),
            successors,
            retired: Mutex::default(),
            stopping,
        });
        let keeping = supervisor.clone();
        let first = Successor { launch, zygote, news, learnt: Learnt::default() };
        tokio::spawn(async move { keeping.keep(first, succession).await });
        Ok(supervisor)
    }

    /// The zygote, or none when there is none to be had or the engine is being stopped.
    pub(crate) async fn zygote(&self) -> Option<Arc<Zygote>> {
        let mut current = self.current.subscribe();
        let found = current.wait_for(|zygote| zygote.as_ref().is_some_and(|z| !z.has_ended()));
        tokio::select! {
            () = self.stopping.cancelled() => None,
            found = timeout(RESTART_TIMEOUT, found) => found.ok()?.ok()?.clone(),
        }
    }

    pub(crate) fn learnt(&self) -> Learnt {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Resolves once a zygote has warmed up.
    pub(crate) async fn warmed_up(&self) {
        // It fails only when there is no sender, and we are one.
        drop(self.warm.subscribe().wait_for(|warm| *warm).await);
    }

    /// Has a zygote of another launch take the place of the one that runs, once it is warm and
    /// `admit` lets it. Workers end what they do with the one before.
    ///
    /// # Errors
    /// When it does not start, is not admitted or does not warm up; the one before goes on then.
    pub(crate) async fn succeed(
        &self,
        launch: Launch,
        admit: impl FnOnce(Learnt) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let gave_up = |reason: &str| EngineError::GaveUp { reason: reason.to_owned() };
        let (zygote, mut news) = spawn(&launch).map_err(|source| EngineError::Spawn { source })?;
        let mut learnt = first_word(&mut news).await?;
        admit(learnt.clone())?;
        learnt.js_runtime = match timeout(SUCCESSION_TIMEOUT, news.recv()).await {
            Ok(Some(News::Ready { js_runtime, .. })) => js_runtime,
            Ok(Some(News::Ended { last_words })) => {
                return Err(EngineError::GaveUp { reason: last_words });
            }
            _ => return Err(gave_up("it does not warm up")),
        };
        let successor = Successor { launch, zygote, news, learnt };
        self.successors.send(successor).await.map_err(|_ended| gave_up("it is being stopped"))
    }

    /// Ends the zygotes and, through them, every worker that is left.
    pub(crate) async fn end(&self) {
        let last = self.current.send_replace(None);
        let retired =
            std::mem::take(&mut *self.retired.lock().unwrap_or_else(PoisonError::into_inner));
        for zygote in retired {
            zygote.end().await;
        }
        if let Some(zygote) = last {
            zygote.end().await;
        }
    }

    async fn keep(self: Arc<Self>, first: Successor, mut succession: mpsc::Receiver<Successor>) {
        let Successor { mut launch, mut zygote, mut news, .. } = first;
        let mut backoff = BACKOFF_START;
        loop {
            let born = Instant::now();
            let last_words = tokio::select! {
                last_words = self.attend(&mut news) => last_words,
                Some(next) = succession.recv() => {
                    self.learn(next.learnt);
                    self.current.send_replace(Some(next.zygote.clone()));
                    self.retire(&zygote);
                    (launch, zygote, news) = (next.launch, next.zygote, next.news);
                    continue;
                }
            };
            drop(zygote);
            if self.stopping.is_cancelled() {
                return;
            }
            self.current.send_replace(None);
            metrics::counter!(RESTARTS).increment(1);
            log::error!("the engine's Python process died and is started again: {last_words}");
            if born.elapsed() > STEADY {
                backoff = BACKOFF_START;
            }
            let Some(next) = self.respawn(&launch, &mut backoff).await else { return };
            (zygote, news) = next;
            self.current.send_replace(Some(zygote.clone()));
        }
    }

    fn learn(&self, learnt: Learnt) {
        *self.learnt.lock().unwrap_or_else(PoisonError::into_inner) = learnt;
        self.warm.send_replace(true);
    }

    fn retire(&self, zygote: &Zygote) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.retain(|zygote| !zygote.has_ended());
        retired.push(zygote.retire());
    }

    async fn attend(&self, news: &mut Tidings) -> String {
        while let Some(item) = news.recv().await {
            match item {
                News::Versions { .. } => {}
                News::Ready { js_runtime, private_kb } => {
                    log::info!("the engine is warm, {private_kb} kB of its own");
                    self.learnt.lock().unwrap_or_else(PoisonError::into_inner).js_runtime =
                        js_runtime;
                    self.warm.send_replace(true);
                }
                News::Ended { last_words } => return last_words,
            }
        }
        String::new()
    }

    async fn respawn(
        &self,
        launch: &Launch,
        backoff: &mut Duration,
    ) -> Option<(Arc<Zygote>, Tidings)> {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return None,
                () = sleep(*backoff) => {}
            }
            *backoff = (*backoff * 2).min(BACKOFF_MAX);
            match spawn(launch) {
                Ok(next) => return Some(next),
                Err(error) => log::error!("starting the engine's Python process failed: {error}"),
            }
        }
    }
}

fn spawn(launch: &Launch) -> std::io::Result<(Arc<Zygote>, Tidings)> {
    let (tell, news) = mpsc::unbounded_channel();
    Ok((Arc::new(Zygote::spawn(launch, tell)?), news))
}

async fn first_word(news: &mut Tidings) -> Result<Learnt, EngineError> {
    match timeout(FIRST_WORD_TIMEOUT, news.recv()).await {
        Ok(Some(News::Versions { yt_dlp, sandbox })) => {
            Ok(Learnt { yt_dlp, js_runtime: None, sandbox })
        }
        Ok(Some(News::Ended { last_words })) => Err(EngineError::GaveUp { reason: last_words }),
        Ok(_) => Err(EngineError::GaveUp { reason: "it spoke out of turn".to_owned() }),
        Err(_elapsed) => Err(EngineError::GaveUp { reason: "it said nothing".to_owned() }),
    }
}
