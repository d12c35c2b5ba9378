//! One playlist from the claim of its expansion to the last entry.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use common_types::{
    ErrorCode,
    internal::{
        collections::{ExpansionAnswer, ExpansionFailure, ExpansionJob, ExpansionPage},
        jobs::LeaseHolder,
    },
};
use db_client::{DbClient, DbError};
use media_engine::{JobEnd, MediaFailure, PlaylistPage};
use service_kit::{Chain, request_id};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Jobs, RunnerSettings, job::is_passing};
use crate::{
    Platform,
    cookies::{CookieJars, Viewer},
    guarded::GuardedEngine,
    selection::Wanted,
    wire,
};

/// Pages that were found and are not stored yet.
const PAGES_AHEAD: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// What an expansion works with.
#[derive(Clone)]
pub(super) struct ExpansionContext {
    pub(super) platform: Arc<dyn Platform>,
    pub(super) engine: GuardedEngine,
    pub(super) client: Rc<DbClient>,
    pub(super) jobs: Jobs,
    pub(super) settings: RunnerSettings,
    pub(super) cookies: CookieJars,
}

/// How far an expansion has come.
struct Walk<'a> {
    context: &'a ExpansionContext,
    job: &'a ExpansionJob,
    wanted: Wanted,
    /// Until when the lease holds for certain.
    lease_until: Instant,
}

/// Why no further page is stored.
enum Stop {
    /// It is another's now, or nobody's.
    Lost,
    Failed(DbError),
}

impl ExpansionContext {
    /// Runs `job` to its end; its id stands on every line that is logged for it.
    pub(super) async fn run(self, job: ExpansionJob, claimed: Instant) {
        request_id::scope(job.id.to_string(), async {
            log::info!("reading the playlist {} begins", job.url);
            let (_running, cancel) = self.jobs.enter_expansion(&job);
            let lease_until = claimed.checked_add(self.settings.lease).unwrap_or(claimed);
            let walk = Walk {
                context: &self,
                job: &job,
                wanted: Wanted::new(&job.selection),
                lease_until,
            };
            walk.run(cancel).await;
        })
        .await;
    }
}

impl Walk<'_> {
    async fn run(mut self, cancel: CancellationToken) {
        let last = self.wanted.index_of(self.job.max_items);
        let first = self.wanted.first().max(self.job.done_to_index.saturating_add(1));
        if first > last {
            // All was stored before, but for the word that this was all.
            return self.close(false, &cancel).await;
        }
        let context = self.context;
        let viewer = match context.cookies.viewer(&context.client, self.job.user_id).await {
            Ok(viewer) => viewer,
            Err(error) => {
                log::warn!("cannot ask for the user's cookies: {}", Chain(&error));
                return self.release().await;
            }
        };
        let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
        let target = Viewer::target(viewer.as_ref(), &self.job.url);
        let walk = context.engine.enumerate(target, first, last, sender, cancel.clone());
        let (walked, stored) = tokio::join!(walk, self.store_pages(receiver, &cancel));
        match (walked, stored) {
            (_, Err(Stop::Lost)) | (Err(JobEnd::Cancelled), Ok(())) => log::info!("cancelled"),
            (_, Err(Stop::Failed(error))) => {
                log::error!("cannot store a page of the playlist: {}", Chain(&error));
            }
            (Ok(summary), Ok(())) => {
                let goes_on = summary.has_more && self.wanted.last() > last;
                self.close(goes_on, &cancel).await;
            }
            (Err(JobEnd::Failed(failure)), Ok(())) => self.fail(failure).await,
            (Err(JobEnd::Interrupted), Ok(())) => self.release().await,
        }
    }

    /// Stores pages as they come; an empty one renews the lease while none comes.
    async fn store_pages(
        &mut self,
        mut pages: mpsc::Receiver<PlaylistPage>,
        cancel: &CancellationToken,
    ) -> Result<(), Stop> {
        let renewal = self.context.settings.lease / 3;
        loop {
            let page = match tokio::time::timeout(renewal, pages.recv()).await {
                Ok(None) => return Ok(()),
                Ok(Some(page)) => self.page(Some(&page), false, false),
                Err(_elapsed) => self.page(None, false, false),
            };
            if let Err(stop) = self.store(&page, cancel).await {
                cancel.cancel();
                return Err(stop);
            }
        }
    }

    fn page(
        &self,
        found: Option<&PlaylistPage>,
        is_last: bool,
        is_truncated: bool,
    ) -> ExpansionPage {
        let platform = self.context.platform.as_ref();
        let entries = found.into_iter().flat_map(|page| &page.entries);
        let wanted = entries
            .filter(|entry| self.wanted.contains(entry.index) && platform.is_video_id(&entry.id));
        ExpansionPage {
            holder: self.holder(),
            lease_ms: self.context.settings.lease_ms(),
            title: found.and_then(|page| page.title.clone()),
            uploader: found.and_then(|page| page.uploader.clone()),
            entries: wanted.map(|entry| wire::expanded_entry(platform, entry)).collect(),
            is_last,
            is_truncated,
        }
    }

    /// Stores a page, again and again while the database is away and the lease lasts: storing it
    /// twice changes nothing.
    async fn store(
        &mut self,
        page: &ExpansionPage,
        cancel: &CancellationToken,
    ) -> Result<ExpansionAnswer, Stop> {
        let mut pause = FIRST_PAUSE;
        loop {
            let sent = Instant::now();
            let client = &self.context.client;
            match client.add_expanded_page(self.job.id, page).await {
                Ok(answer) => {
                    self.lease_until =
                        sent.checked_add(self.context.settings.lease).unwrap_or(sent);
                    self.context.jobs.wake();
                    return Ok(answer);
                }
                Err(error) if error.code() == Some(ErrorCode::LeaseLost) => return Err(Stop::Lost),
                Err(error) if !is_passing(&error) => return Err(Stop::Failed(error)),
                Err(_) if cancel.is_cancelled() => return Err(Stop::Lost),
                Err(error) if Instant::now() >= self.lease_until => {
                    return Err(Stop::Failed(error));
                }
                Err(error) => {
                    log::warn!("storing a page of the playlist failed: {}", Chain(&error));
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(Duration::from_secs(2));
                }
            }
        }
    }

    async fn close(&mut self, goes_on: bool, cancel: &CancellationToken) {
        let page = self.page(None, true, goes_on);
        match self.store(&page, cancel).await {
            Ok(answer) => log::info!(items = answer.items; "the playlist is known"),
            Err(Stop::Lost) => log::info!("the playlist is no longer ours"),
            Err(Stop::Failed(error)) => {
                log::error!("cannot say that the playlist is known: {}", Chain(&error));
            }
        }
    }

    async fn fail(&self, failure: MediaFailure) {
        log::warn!("failed, {}: {}", failure.code().slug(), failure.detail);
        let outlook = wire::outlook(failure.outlook);
        let told = ExpansionFailure { holder: self.holder(), problem: failure.problem, outlook };
        if let Err(error) = self.context.client.fail_expansion(self.job.id, &told).await {
            // The lease lapses, and it is tried again.
            log::warn!("cannot say why the playlist cannot be read: {}", Chain(&error));
        }
    }

    async fn release(&self) {
        match self.context.client.release_expansion(self.job.id, &self.holder()).await {
            Ok(()) => log::info!("handed back"),
            // The lease lapses by itself.
            Err(error) => log::warn!("cannot hand the playlist back: {}", Chain(&error)),
        }
    }

    fn holder(&self) -> LeaseHolder {
        LeaseHolder { node_id: self.context.settings.node_id, attempt: self.job.attempt }
    }
}
