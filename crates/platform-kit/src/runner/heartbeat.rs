//! One heartbeat for all jobs of the node: progress goes out, leases are renewed, losses come back.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use common_types::internal::jobs::Heartbeat;
use db_client::DbClient;
use service_kit::Chain;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Jobs, RunnerSettings};

/// Twice a second, so that a status is never more than a second behind.
const INTERVAL: Duration = Duration::from_millis(500);

pub(super) struct Heart {
    pub(super) jobs: Jobs,
    pub(super) client: Rc<DbClient>,
    pub(super) settings: RunnerSettings,
}

impl Heart {
    /// Beats until `stop`.
    pub(super) async fn beat(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.beat_once().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    log::warn!("a heartbeat failed: {}", Chain(&error));
                    failing = true;
                }
                Err(_) => {}
            }
            // A heartbeat that failed may have arrived all the same: the leases are unknown, and
            // the jobs go on, until the last one that certainly held has run out.
            self.jobs.abandon_lapsed(Instant::now());
        }
    }

    async fn beat_once(&self) -> Result<(), db_client::DbError> {
        let jobs = self.jobs.progress();
        if jobs.is_empty() {
            return Ok(());
        }
        let sent = Instant::now();
        let beat =
            Heartbeat { node_id: self.settings.node_id, lease_ms: self.settings.lease_ms(), jobs };
        let answer = self.client.heartbeat(&beat).await?;
        self.jobs.renew(&beat.jobs, sent.checked_add(self.settings.lease).unwrap_or(sent));
        for id in answer.lost {
            self.jobs.abandon(id);
        }
        Ok(())
    }
}
