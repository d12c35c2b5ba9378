//! Directories of jobs that this node no longer runs.

use db_client::DbClient;

use super::{SweepError, Sweeper, count_of};

/// How many jobs one question is about.
const PAGE: usize = 500;

impl Sweeper {
    /// Removes the directories of jobs that have ended, here or elsewhere. One that waits or runs
    /// again may still use what it has.
    pub(super) async fn sweep_job_directories(&self, client: &DbClient) -> Result<u64, SweepError> {
        let mut total = 0_u64;
        for ids in self.engine.job_dirs().await?.chunks(PAGE) {
            let unfinished = client.unfinished_jobs(ids.to_vec()).await?;
            let ended: Vec<_> = ids.iter().filter(|id| !unfinished.contains(id)).collect();
            for id in &ended {
                self.engine.discard(**id).await;
            }
            total = total.saturating_add(count_of(&ended));
        }
        Ok(total)
    }
}
