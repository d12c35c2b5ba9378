//! A database of its own for each test, and the steps that tests have in common.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use common_types::{
    ErrorCode, MediaErrorCode, Timestamp,
    account::Role,
    download::Phase,
    internal::{
        accounts::{Account, NewAccount, NewSession, SessionRecord},
        downloads::{DownloadRecord, Idempotency, KnownMedia, Made, NewDownload, StoredFile},
        jobs::{
            ClaimRequest, Finish, Heartbeat, HeartbeatAnswer, Job, JobProgress, LeaseHolder,
            Outcome, Outlook,
        },
    },
    media::MediaOptions,
};
use db_service::{
    connection::{self, AnyConnection},
    database::{self, Database},
    error::{StoreError, StoreResult},
    migrations,
    store::{
        accounts, claims,
        downloads::{self, Created, Scope},
        heartbeats, outcomes, rescue,
        retries::RetryPolicy,
        sessions,
    },
    url::DatabaseUrl,
};
use temp_postgres::TempPostgres;
use uuid::Uuid;

/// The lease of every claim here, in milliseconds.
pub(crate) const LEASE_MS: u64 = 30_000;
pub(crate) const MAX_ATTEMPTS: u32 = 3;
pub(crate) const POLICY: RetryPolicy =
    RetryPolicy { max_attempts: MAX_ATTEMPTS, budget: Duration::from_secs(300) };

/// Runs the body as a test on each database.
macro_rules! on_both {
    ($(fn $rule:ident($db:ident: &Fixture) $body:block)*) => { $(
        mod $rule {
            use super::*;

            fn rule($db: &Fixture) $body

            #[test]
            fn sqlite() {
                rule(&Fixture::sqlite());
            }

            #[test]
            fn postgres() {
                rule(&Fixture::postgres());
            }
        }
    )* };
}
pub(crate) use on_both;

/// A database, and a time that stands still until it is moved.
pub(crate) struct Fixture {
    pub(crate) url: DatabaseUrl,
    pub(crate) database: Database,
    now: AtomicI64,
    _home: Home,
}

enum Home {
    Directory(#[expect(dead_code, reason = "kept for its drop")] tempfile::TempDir),
    Server(#[expect(dead_code, reason = "kept for its drop")] TempPostgres),
}

impl Fixture {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("magpie.db");
        database::make_file(&path).unwrap();
        Self::on(DatabaseUrl::Sqlite(path), Home::Directory(directory))
    }

    /// Without PostgreSQL this fails, and says why: half a suite proves half.
    pub(crate) fn postgres() -> Self {
        let server = TempPostgres::start().expect("these tests need PostgreSQL");
        Self::on(DatabaseUrl::parse(&server.url()).unwrap(), Home::Server(server))
    }

    fn on(url: DatabaseUrl, home: Home) -> Self {
        migrations::run_pending(&mut connection::connect(&url).unwrap()).unwrap();
        let database = Database::open(&url);
        Self { url, database, now: AtomicI64::new(1_800_000_000_000), _home: home }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.now.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn write<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.database.write(|conn| operation(conn, self.now()))
    }

    pub(crate) fn read<T>(
        &self,
        operation: impl FnOnce(&mut AnyConnection, Timestamp) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.database.read(|conn| operation(conn, self.now()))
    }

    pub(crate) fn account(&self, name: &str) -> Account {
        self.write(|conn, now| accounts::create(conn, &new_account(name), now)).unwrap()
    }

    /// A user's id.
    pub(crate) fn user(&self, name: &str) -> i64 {
        self.account(name).user.id
    }

    pub(crate) fn session(&self, user: i64) -> SessionRecord {
        let new = NewSession {
            id: Uuid::now_v7(),
            token_id: Uuid::now_v7(),
            expires_at: self.now() + Duration::from_secs(3600),
            user_agent: Some("curl".to_owned()),
            address: Some("192.0.2.1".to_owned()),
        };
        self.write(|conn, now| sessions::create(conn, user, &new, now)).unwrap()
    }

    pub(crate) fn create(
        &self,
        user: i64,
        new: &NewDownload,
    ) -> StoreResult<Created<DownloadRecord>> {
        self.write(|conn, now| downloads::create(conn, user, new, now))
    }

    /// A pending download of the user.
    pub(crate) fn download(&self, user: i64) -> Uuid {
        record(self.create(user, &new_download("a")).unwrap()).download.id
    }

    pub(crate) fn get(&self, user: i64, id: Uuid) -> DownloadRecord {
        self.read(|conn, _now| downloads::get(conn, &scope(user), id)).unwrap()
    }

    pub(crate) fn cancel(&self, user: i64, id: Uuid) -> StoreResult<DownloadRecord> {
        self.write(|conn, now| downloads::cancel(conn, &scope(user), id, now))
    }

    pub(crate) fn retry(&self, user: i64, id: Uuid) -> StoreResult<DownloadRecord> {
        self.write(|conn, now| downloads::retry(conn, &scope(user), id, now))
    }

    pub(crate) fn claim(&self, node: Uuid, slots: u32) -> Vec<Job> {
        let request = ClaimRequest {
            platform: "youtube".to_owned(),
            node_id: node,
            slots,
            lease_ms: LEASE_MS,
        };
        self.database.write_once(|conn| claims::claim(conn, &request, self.now())).unwrap()
    }

    /// The one job that can be claimed.
    pub(crate) fn claim_one(&self, node: Uuid) -> Job {
        self.claim(node, 1).pop().expect("a job is pending")
    }

    pub(crate) fn beat(&self, node: Uuid, jobs: Vec<JobProgress>) -> HeartbeatAnswer {
        let heartbeat = Heartbeat { node_id: node, lease_ms: LEASE_MS, jobs };
        self.write(|conn, now| heartbeats::beat(conn, &heartbeat, now)).unwrap().0
    }

    pub(crate) fn finish(
        &self,
        node: Uuid,
        job: &Job,
        outcome: Outcome,
    ) -> StoreResult<DownloadRecord> {
        let finish = Finish { holder: holder(node, job), outcome };
        self.database
            .write_once(|conn| outcomes::finish(conn, job.id, &finish, &POLICY, self.now()))
    }

    pub(crate) fn rescue(&self) -> rescue::Rescued {
        self.write(|conn, now| rescue::rescue(conn, MAX_ATTEMPTS, now)).unwrap()
    }

    pub(crate) fn let_leases_lapse(&self) {
        self.advance(Duration::from_millis(LEASE_MS + 1));
    }
}

pub(crate) fn new_account(name: &str) -> NewAccount {
    NewAccount {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password_hash: format!("hash of {name}"),
        only_if_first: false,
    }
}

pub(crate) fn new_download(video: &str) -> NewDownload {
    NewDownload {
        platform: "youtube".to_owned(),
        url: format!("https://www.youtube.com/watch?v={video}"),
        video_id: video.to_owned(),
        options: MediaOptions::default(),
        known: KnownMedia::default(),
        idempotency: None,
    }
}

pub(crate) fn idempotency(key: &str, request_hash: &str) -> Option<Idempotency> {
    Some(Idempotency { key: key.to_owned(), request_hash: request_hash.to_owned() })
}

#[track_caller]
pub(crate) fn record<T: Debug>(created: Created<T>) -> T {
    match created {
        Created::New(record) => record,
        Created::Before(_) => panic!("not new: {created:?}"),
    }
}

/// What was made, now or before.
pub(crate) fn made<T>(created: &Created<T>) -> Made
where
    for<'a> Made: From<&'a T>,
{
    match created {
        Created::New(record) => record.into(),
        Created::Before(made) => made.clone(),
    }
}

pub(crate) fn scope(user_id: i64) -> Scope {
    Scope { user_id, platform: None }
}

pub(crate) fn holder(node: Uuid, job: &Job) -> LeaseHolder {
    LeaseHolder { node_id: node, attempt: job.attempt }
}

pub(crate) fn progress(job: &Job, percent: f64) -> JobProgress {
    JobProgress {
        id: job.id,
        attempt: job.attempt,
        phase: Phase::Downloading,
        progress: percent,
        downloaded_bytes: 1000,
        total_bytes: Some(4000),
        speed_bps: Some(250.0),
        eta_seconds: Some(12),
        known: KnownMedia::default(),
    }
}

pub(crate) fn completed(key: &str) -> Outcome {
    let file = StoredFile {
        key: key.to_owned(),
        filename: "A title.mp4".to_owned(),
        size_bytes: 4000,
        crc32: u32::MAX,
        sha256: "ab".repeat(32),
    };
    Outcome::Completed {
        file,
        known: KnownMedia::default(),
        retain_ms: Some(3_600_000),
        forgives_site: false,
    }
}

pub(crate) fn failed(code: MediaErrorCode) -> Outcome {
    Outcome::Failed { problem: code.into(), outlook: Outlook::Permanent }
}

/// A failure that may pass.
pub(crate) fn stumbled(code: MediaErrorCode) -> Outcome {
    Outcome::Failed { problem: code.into(), outlook: Outlook::Transient }
}

/// The code with which a rule refused.
pub(crate) fn refusal<T: Debug>(result: StoreResult<T>) -> ErrorCode {
    let error: StoreError = result.unwrap_err();
    error.code().unwrap_or_else(|| panic!("no rule refused, but: {error:?}"))
}

pub(crate) fn is_admin(account: &Account) -> bool {
    account.user.role == Role::Admin
}

/// Runs `work` on `count` threads at once and collects what each returns.
pub(crate) fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|index| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(index)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
