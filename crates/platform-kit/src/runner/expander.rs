//! This node's share of the playlists that are to be enumerated.

use std::{rc::Rc, time::Instant};

use common_types::internal::collections::{ExpansionClaim, ExpansionJob};
use db_client::{DbClient, DbError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Outage, Runner, expansion::ExpansionContext, note_panic};

/// Playlists that are enumerated at a time, as many as the engine does.
const SLOTS: usize = 2;

/// Claims expansions and runs them.
pub(super) struct Expander {
    context: ExpansionContext,
}

impl Expander {
    pub(super) fn new(runner: &Runner, client: &Rc<DbClient>) -> Self {
        let context = ExpansionContext {
            platform: runner.platform.clone(),
            engine: runner.engine.clone(),
            client: Rc::clone(client),
            jobs: runner.jobs.clone(),
            settings: runner.settings.clone(),
            cookies: runner.cookies.clone(),
        };
        Self { context }
    }

    /// Claims and starts whatever there is room for; what still runs then is handed over.
    pub(super) async fn run(&self, draining: &CancellationToken) -> JoinSet<()> {
        let mut running = JoinSet::new();
        let mut outage = Outage::of("playlists");
        while !draining.is_cancelled() {
            let asked = Instant::now();
            let claimed = self.claim(running.len()).await;
            let pause = outage.note(claimed.as_ref().err());
            for job in claimed.unwrap_or_default() {
                running.spawn_local(self.context.clone().run(job, asked));
            }
            tokio::select! {
                () = draining.cancelled() => {}
                () = self.context.jobs.expansion_woken() => {}
                () = tokio::time::sleep(pause) => {}
                Some(ended) = running.join_next() => note_panic(ended),
            }
        }
        running
    }

    async fn claim(&self, busy: usize) -> Result<Vec<ExpansionJob>, DbError> {
        let slots = u32::try_from(SLOTS.saturating_sub(busy)).unwrap_or(u32::MAX);
        if slots == 0 {
            return Ok(Vec::new());
        }
        let claim = ExpansionClaim {
            platform: self.context.platform.name().to_owned(),
            node_id: self.context.settings.node_id,
            slots,
            lease_ms: self.context.settings.lease_ms(),
        };
        self.context.client.claim_expansions(&claim).await
    }
}
