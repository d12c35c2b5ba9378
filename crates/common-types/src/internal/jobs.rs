//! The download row as a job: claim, heartbeat, finish, release.
//!
//! A claim hands out a lease and raises `attempt`, the fencing token: every later word on the job
//! names both, and is refused (`lost`, or `lease_lost`) once the row has moved on.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    MediaErrorCode, MediaProblem, Timestamp,
    download::{DownloadType, Phase},
    internal::downloads::{KnownMedia, StoredFile},
    media::{MediaOptions, wire_enum},
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
    pub kind: DownloadType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playlist_id: Option<Uuid>,
    /// The index within its batch or playlist, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
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
        /// The site had complained, and now serves this node again.
        #[serde(default)]
        forgives_site: bool,
    },
    /// This attempt failed. Whether another follows is db-service's to say.
    Failed { problem: MediaProblem, outlook: Outlook },
}

wire_enum! {
    /// Whether trying again can help.
    Outlook {
        /// It will fail again.
        Permanent = "permanent",
        /// It may pass: the network, a server's bad moment.
        Transient = "transient",
        /// The site has had enough of us: everything for it should pause.
        SitePause = "site_pause",
    }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<SitePause>,
}

/// A site that is left alone for a while, since it has had enough of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SitePause {
    pub until: Timestamp,
    pub reason: MediaErrorCode,
}

/// `POST /internal/jobs/unfinished`: which of these downloads still wait or run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnfinishedRequest {
    pub ids: Vec<Uuid>,
}
