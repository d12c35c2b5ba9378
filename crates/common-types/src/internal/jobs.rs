//! The download row as a job: claim, heartbeat, finish, release.
//!
//! A claim hands out a lease and raises `attempt`, the fencing token: every later word on the job
//! names both, and is refused (`lost`, or `lease_lost`) once the row has moved on.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    MediaProblem,
    download::Phase,
    internal::downloads::{KnownMedia, StoredFile},
    media::MediaOptions,
};

/// `POST /internal/jobs/claim`: at most `slots` jobs for this node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimRequest {
    pub platform: String,
    /// A UUID of this process; never a host name, which two processes may share.
    pub node_id: Uuid,
    pub slots: u32,
    pub lease_ms: u64,
}

/// A job that is now the caller's until its lease lapses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The id of the download.
    pub id: Uuid,
    pub user_id: i64,
    /// The fencing token: grows with every claim of this download, also over retries. How often it
    /// was tried since someone asked for it is `attempts` of the download.
    pub attempt: u32,
    pub url: String,
    pub video_id: String,
    pub options: MediaOptions,
    pub known: KnownMedia,
}

/// `POST /internal/jobs/heartbeat`: renews the leases of all jobs of a node and brings progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heartbeat {
    pub node_id: Uuid,
    pub lease_ms: u64,
    pub jobs: Vec<JobProgress>,
}

/// How far one job is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobProgress {
    pub id: Uuid,
    pub attempt: u32,
    pub phase: Phase,
    /// 0 to below 100; db-service never lets the stored value fall.
    pub progress: f64,
    pub downloaded_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_bps: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    #[serde(default)]
    pub known: KnownMedia,
}

/// Which of the jobs are no longer the caller's: cancelled, deleted, or claimed by another after
/// the lease lapsed. Their processes must die and their results are void.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    pub lost: Vec<Uuid>,
}

/// Names a job and the lease under which the caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHolder {
    pub node_id: Uuid,
    pub attempt: u32,
}

/// `POST /internal/jobs/{id}/finish`: the end of a job, if it is still the caller's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish {
    #[serde(flatten)]
    pub holder: LeaseHolder,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// The file is in the store.
    Completed {
        file: StoredFile,
        known: KnownMedia,
        /// Milliseconds until retention may remove the file; absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retain_ms: Option<u64>,
    },
    Failed {
        problem: MediaProblem,
    },
}

/// `POST /internal/jobs/{id}/release`: hands a job back unfinished, without costing an attempt's
/// worth of patience: it is pending again at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Release {
    #[serde(flatten)]
    pub holder: LeaseHolder,
}

/// `GET /internal/jobs/depth?platform=…`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct JobDepth {
    pub pending: u64,
    pub downloading: u64,
}
