//! A store in a bucket: objects appear whole or not at all, by way of an S3 server.
//!
//! What it needs beside the files lies in the bucket too, under names that begin with a dot, which
//! no key can: `.uploads/` notes uploads that have begun, `.check/` is written when it is opened.

mod failure;
mod link;
mod outage;
mod reading;
mod settled;
mod threads;
mod unfinished;
mod upload;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{StorageKey, StoreError};

pub use failure::S3Failure;
pub use link::Presented;
pub(crate) use reading::stream;
pub use settled::S3Settled;
use threads::Threads;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may say nothing, which includes the time that a part takes to reach it.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// Shorter than servers keep a connection that nobody uses.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// One request is repeated for so long, and so often; whoever waits for an answer waits for it.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Over all uploads of the process, which bounds what they hold in memory.
const PARTS_IN_FLIGHT: usize = 4;
const CHECK: &str = ".check";

/// Which bucket, and how it is reached.
#[derive(Clone)]
pub struct S3Settings {
    pub bucket: String,
    /// What every name begins with, without slashes at its ends; perhaps empty.
    pub prefix: String,
    /// Amazon's own, by the region, if there is none.
    pub endpoint: Option<String>,
    /// Where clients find the server, if that is elsewhere; for links.
    pub public_endpoint: Option<String>,
    pub region: String,
    /// Whether the bucket stands in the path rather than in the host's name.
    pub path_style: bool,
    pub allow_http: bool,
    pub delivery: Delivery,
    pub access_key: String,
    pub secret_key: String,
}

/// How single files reach a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Through this process.
    Stream,
    /// By a link that the server itself answers.
    Redirect,
}

/// A handle on the bucket; clones are the same.
#[derive(Clone)]
pub struct S3Store {
    shared: Arc<Shared>,
}

struct Shared {
    client: AmazonS3,
    /// Signs links; none where files are streamed.
    signer: Option<AmazonS3>,
    prefix: String,
    room: Arc<Semaphore>,
    threads: Threads,
}

/// Its client knows the credentials.
impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("prefix", &self.shared.prefix).finish_non_exhaustive()
    }
}

impl S3Store {
    /// Opens the store and makes sure that it can be written to, read and listed.
    ///
    /// # Errors
    /// When the server does not answer, refuses, or has no such bucket.
    pub async fn open(settings: &S3Settings) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Bucket("use the bucket".to_owned(), error);
        let client = client(settings, settings.endpoint.as_deref());
        let public = settings.public_endpoint.as_deref().or(settings.endpoint.as_deref());
        let signer =
            (settings.delivery == Delivery::Redirect).then(|| self::client(settings, public));
        let shared = Shared {
            client: client.map_err(|error| failed(error.into()))?,
            signer: signer.transpose().map_err(|error| failed(error.into()))?,
            prefix: settings.prefix.clone(),
            room: Arc::new(Semaphore::new(PARTS_IN_FLIGHT)),
            threads: Threads::start().map_err(StoreError::Threads)?,
        };
        let store = Self { shared: Arc::new(shared) };
        let check = |store: Self| async move { store.check().await.map_err(|e| failed(e.into())) };
        store.run(check).await?;
        Ok(store)
    }

    /// Does once what will have to be done: lists, writes, reads, removes.
    async fn check(&self) -> Result<(), object_store::Error> {
        let path = self.path_below(&format!("{CHECK}/{}", Uuid::now_v7()));
        // First, for some servers make a bucket that is written to.
        self.client().list(Some(&path)).try_next().await?;
        let written = Bytes::from_static(b"magpie");
        self.client().put(&path, written.clone().into()).await?;
        let read = self.client().get(&path).await?.bytes().await?;
        self.client().delete(&path).await?;
        if read == written {
            return Ok(());
        }
        let source = "the server does not give back what was written".into();
        Err(object_store::Error::NotSupported { source })
    }

    /// How many bytes a file has.
    ///
    /// # Errors
    /// When there is no such file, or the server fails.
    pub async fn size_of(&self, key: &StorageKey) -> Result<u64, StoreError> {
        let key = key.clone();
        self.run(|store| async move { store.look_for(&key).await }).await
    }

    async fn look_for(&self, key: &StorageKey) -> Result<u64, StoreError> {
        let found = self.client().head(&self.path_of(key)).await;
        Ok(found.map_err(|error| failed("look for", key, error))?.size)
    }

    /// Removes a file. One that is gone is no error.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn remove(&self, key: &StorageKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.run(|store| async move { store.delete(&key).await }).await
    }

    async fn delete(&self, key: &StorageKey) -> Result<(), StoreError> {
        match self.client().delete(&self.path_of(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("remove", key, error)),
        }
    }

    /// Does `work` on the threads of the store.
    async fn run<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.shared.threads.run(work(self.clone())).await
    }

    fn client(&self) -> &AmazonS3 {
        &self.shared.client
    }

    fn path_of(&self, key: &StorageKey) -> Path {
        self.path_below(key.as_str())
    }

    fn path_below(&self, name: &str) -> Path {
        Path::from_iter([self.shared.prefix.as_str(), name].into_iter().flat_map(|s| s.split('/')))
    }

    /// The key that a path of the bucket stands for.
    fn key_of(&self, path: &Path) -> Option<StorageKey> {
        let below = path.as_ref().strip_prefix(self.shared.prefix.as_str())?;
        let below = if self.shared.prefix.is_empty() { below } else { below.strip_prefix('/')? };
        below.parse().ok()
    }
}

fn failed(doing: &str, key: &StorageKey, error: object_store::Error) -> StoreError {
    StoreError::Bucket(format!("{doing} {key}"), error.into())
}

fn client(settings: &S3Settings, endpoint: Option<&str>) -> object_store::Result<AmazonS3> {
    let options = ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_read_timeout(SILENCE_TIMEOUT)
        .with_pool_idle_timeout(IDLE_TIMEOUT)
        .with_allow_http(settings.allow_http);
    let backoff =
        BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 };
    let retry = RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT };
    let builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_retry(retry)
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_virtual_hosted_style_request(!settings.path_style)
        .with_access_key_id(&settings.access_key)
        .with_secret_access_key(&settings.secret_key);
    match endpoint {
        Some(endpoint) if settings.path_style => builder.with_endpoint(endpoint).build(),
        Some(endpoint) => builder.with_endpoint(in_host(endpoint, &settings.bucket)).build(),
        None => builder.build(),
    }
}

/// The endpoint of a bucket that stands in the host's name.
fn in_host(endpoint: &str, bucket: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, host)) => format!("{scheme}://{bucket}.{host}"),
        None => endpoint.to_owned(),
    }
}
