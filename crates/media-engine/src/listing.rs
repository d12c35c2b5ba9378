//! Lists of videos: one page of them, or all of them in one walk.

use common_types::MediaErrorCode;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    JobEnd, MediaFailure, PlaylistPage, PlaylistSummary, Proxy, Target, classify, probe,
    scratch::Scratch,
    shared::{Shared, broken, unprepared},
    wire::{Event, ListHead, Request, Task},
    worker::{Lost, Worker},
};

/// The entries after the first `offset`, at most `limit`, and whether there are more.
pub(crate) async fn page(
    shared: &Shared,
    target: &Target,
    offset: u32,
    limit: u32,
) -> Result<PlaylistPage, MediaFailure> {
    probe::require_web_address(&target.url)?;
    let (sender, receiver) = mpsc::channel(1);
    let (first, last) = (offset.saturating_add(1), offset.saturating_add(limit));
    let walk = Walk::new(shared, target, first, last, sender);
    let work = async {
        let _turn = shared.probes.acquire().await;
        // Both end with the walk: the sender is its own.
        tokio::join!(walk.run(CancellationToken::new()), gather(receiver))
    };
    let patience = shared.config.probe_timeout;
    let ended = timeout(patience, work).await;
    let (outcome, page) = ended.map_err(|_elapsed| probe::too_slow(patience))?;
    match (outcome, page) {
        (Ok(_), Some(page)) => Ok(page),
        (Ok(_), None) => Err(MediaFailure::new(MediaErrorCode::EngineError, "a walk without end")),
        (Err(JobEnd::Failed(failure)), _) => Err(failure),
        (Err(JobEnd::Cancelled | JobEnd::Interrupted), _) => Err(probe::being_stopped()),
    }
}

/// Hands over all entries from `first` to `last`, a page at a time.
pub(crate) async fn enumerate(
    shared: &Shared,
    target: &Target,
    first: u32,
    last: u32,
    pages: mpsc::Sender<PlaylistPage>,
    cancel: CancellationToken,
) -> Result<PlaylistSummary, JobEnd> {
    let turn = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        () = shared.stopping.cancelled() => None,
        turn = shared.walks.acquire() => turn.ok(),
    };
    let walk = Walk::new(shared, target, first, last, pages);
    if turn.is_some() { walk.run(cancel).await } else { Err(untimely_end(&cancel)) }
}

async fn gather(mut pages: mpsc::Receiver<PlaylistPage>) -> Option<PlaylistPage> {
    let mut all = pages.recv().await?;
    while let Some(next) = pages.recv().await {
        all.append(next);
    }
    Some(all)
}

/// One way through a list, in as many attempts as it takes.
struct Walk<'a> {
    shared: &'a Shared,
    target: &'a Target,
    /// The next index that is wanted.
    next: u32,
    last: u32,
    pages: mpsc::Sender<PlaylistPage>,
    summary: PlaylistSummary,
    is_complete: bool,
}

/// How an attempt ended before the list did.
enum Stop {
    /// yt-dlp gave up, or our code in the worker did.
    Told(MediaFailure),
    /// We gave up on it.
    Judged(MediaFailure),
    Lost(Lost),
    /// Someone wants it to end.
    Untimely,
    /// Nobody takes the pages any more.
    Unwanted,
}

impl From<Lost> for Stop {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Overstepped(failure) => Self::Judged(failure),
            lost @ Lost::Ended(_) => Self::Lost(lost),
        }
    }
}

impl<'a> Walk<'a> {
    fn new(
        shared: &'a Shared,
        target: &'a Target,
        first: u32,
        last: u32,
        pages: mpsc::Sender<PlaylistPage>,
    ) -> Self {
        let summary = PlaylistSummary { entries: 0, has_more: false };
        Self { shared, target, next: first.max(1), last, pages, summary, is_complete: false }
    }

    /// A worker that is lost is replaced once; the next one goes on after what was handed over.
    async fn run(mut self, cancel: CancellationToken) -> Result<PlaylistSummary, JobEnd> {
        let outcome = match self.attempt(&cancel).await {
            Err(Stop::Lost(_)) if self.is_complete => Ok(()),
            Err(Stop::Lost(lost)) => {
                log::warn!("a walk through a list starts anew: {lost}");
                self.attempt(&cancel).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(()) => Ok(self.summary),
            Err(Stop::Told(failure) | Stop::Judged(failure)) => Err(JobEnd::Failed(failure)),
            Err(Stop::Lost(lost)) => Err(JobEnd::Failed(broken(&lost))),
            Err(Stop::Untimely) => Err(untimely_end(&cancel)),
            Err(Stop::Unwanted) => Err(JobEnd::Cancelled),
        }
    }

    async fn attempt(&mut self, cancel: &CancellationToken) -> Result<(), Stop> {
        let stopping = self.shared.stopping.clone();
        let ending = async {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = stopping.cancelled() => {}
            }
        };
        tokio::pin!(ending);
        // The directory goes at the end, when nobody works in it any more.
        let (mut worker, _scratch) = tokio::select! {
            biased;
            () = &mut ending => return Err(Stop::Untimely),
            asked = self.ask() => asked?,
        };
        let outcome = tokio::select! {
            biased;
            () = &mut ending => Err(Stop::Untimely),
            outcome = self.follow(&mut worker) => outcome,
        };
        match outcome {
            Ok(()) | Err(Stop::Told(_)) => self.shared.release(worker).await,
            Err(_) => worker.kill().await,
        }
        outcome
    }

    async fn ask(&self) -> Result<(Worker, Scratch), Stop> {
        let unready = |error| Stop::Judged(unprepared(&error));
        let own = self.target.cookies.as_ref();
        let mut worker = self.shared.worker(own).await?;
        let scratch = worker.lodging().scratch().map_err(unready)?;
        let cookies = self.shared.lend_cookies(scratch.path(), own).await.map_err(unready)?;
        let cache = worker.lodging().cache();
        let request = Request {
            url: &self.target.url,
            directory: scratch.path(),
            cache: &cache,
            cookies: cookies.as_deref(),
            proxy: self.target.proxy.as_ref().map(Proxy::expose),
            task: Task::List { first: self.next, last: self.last },
        };
        worker.ask(&request).await?;
        Ok((worker, scratch))
    }

    /// Hears the worker out. The site has its time for each page anew; how long whoever takes the
    /// pages needs for them does not count.
    async fn follow(&mut self, worker: &mut Worker) -> Result<(), Stop> {
        let mut head = ListHead::default();
        let limit = self.shared.config.probe_timeout;
        loop {
            let event = timeout(limit, worker.next()).await;
            match event.map_err(|_elapsed| Stop::Judged(probe::too_slow(limit)))?? {
                Event::List(told) => head = told,
                Event::Entries { entries, has_more } => {
                    let page = PlaylistPage::new(head.clone(), entries, has_more);
                    self.hand_over(page).await?;
                }
                Event::Done { .. } => return Ok(()),
                Event::Failed(facts) => return Err(Stop::Told(classify::classify_list(&facts))),
                Event::Walking => {}
                other => log::debug!("a worker said {other:?} of a list"),
            }
        }
    }

    async fn hand_over(&mut self, page: PlaylistPage) -> Result<(), Stop> {
        let count = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
        let reached = page.entries.last().map(|entry| entry.index);
        let has_more = page.has_more;
        self.pages.send(page).await.map_err(|_unsent| Stop::Unwanted)?;
        self.summary = PlaylistSummary { entries: self.summary.entries + count, has_more };
        self.next = reached.map_or(self.next, |index| index.saturating_add(1));
        self.is_complete = !has_more || self.next > self.last;
        Ok(())
    }
}

fn untimely_end(cancel: &CancellationToken) -> JobEnd {
    if cancel.is_cancelled() { JobEnd::Cancelled } else { JobEnd::Interrupted }
}
