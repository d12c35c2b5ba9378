//! Jobs: claim, heartbeat, finish, release.

use awc::http::Method;
use common_types::internal::{
    downloads::DownloadRecord,
    jobs::{
        ClaimRequest, Finish, Heartbeat, HeartbeatAnswer, Job, JobDepth, Release, UnfinishedRequest,
    },
};
use uuid::Uuid;

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// At most as many jobs as there are slots; perhaps none.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn claim_jobs(&self, claim: &ClaimRequest) -> Result<Vec<Job>, DbError> {
        self.call(Method::POST, &internal("jobs/claim"), Some(claim)).await
    }

    /// # Errors
    /// Of the hop: whether the leases were renewed is then unknown.
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<HeartbeatAnswer, DbError> {
        self.call(Method::POST, &internal("jobs/heartbeat"), Some(beat)).await
    }

    /// # Errors
    /// `lease_lost`: the result is void; else of the hop.
    pub async fn finish_job(&self, job: Uuid, finish: &Finish) -> Result<DownloadRecord, DbError> {
        self.call(Method::POST, &internal(format_args!("jobs/{job}/finish")), Some(finish)).await
    }

    /// # Errors
    /// `lease_lost`; else of the hop.
    pub async fn release_job(&self, job: Uuid, release: &Release) -> Result<(), DbError> {
        let path = internal(format_args!("jobs/{job}/release"));
        self.order(Method::POST, &path, Some(release)).await
    }

    /// Which of these downloads still wait or run, on whatever node.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn unfinished_jobs(&self, ids: Vec<Uuid>) -> Result<Vec<Uuid>, DbError> {
        let asked = UnfinishedRequest { ids };
        self.call(Method::POST, &internal("jobs/unfinished"), Some(&asked)).await
    }

    /// # Errors
    /// Of the hop.
    pub async fn job_depth(&self, platform: &str) -> Result<JobDepth, DbError> {
        self.get_with(&internal("jobs/depth"), &[("platform", platform)]).await
    }
}
