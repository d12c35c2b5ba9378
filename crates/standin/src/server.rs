//! Starting and stopping.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::authority::Authority;
use crate::media::MediaLibrary;
use crate::proxy::Proxy;
use crate::request_log::RequestLog;
use crate::world::World;
use crate::{StandinError, media, scenarios};

/// How long [`Standin::stop`] waits for connections to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Where the stand-in keeps its things and listens.
#[derive(Clone, Debug)]
pub struct StandinConfig {
    /// The authority and the generated media are kept here; stand-ins may share it.
    pub data_dir: PathBuf,
    pub ffmpeg: PathBuf,
    /// Loopback; port 0 picks a free one.
    pub bind: SocketAddr,
}

impl StandinConfig {
    /// On a free loopback port, with the `ffmpeg` of the search path.
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            ffmpeg: PathBuf::from("ffmpeg"),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

/// A running stand-in. Dropping it ends it too, without waiting.
pub struct Standin {
    proxy_url: Url,
    world: Arc<World>,
    tasks: TaskTracker,
    _cancel_on_drop: DropGuard,
}

impl Standin {
    /// Starts on the current tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound or the data directory cannot be used.
    pub async fn start(config: StandinConfig) -> Result<Self, StandinError> {
        let data_dir = config.data_dir.clone();
        let authority = tokio::task::spawn_blocking(move || open_authority(&data_dir))
            .await
            .map_err(StandinError::Background)??;
        let world =
            Arc::new(World::new(authority, MediaLibrary::new(&config.data_dir, config.ffmpeg)));
        let (listener, proxy_url) = listen(config.bind).await?;
        let tasks = TaskTracker::new();
        let stopping = CancellationToken::new();
        let proxy = Proxy::new(Arc::clone(&world), tasks.clone(), stopping.clone());
        tasks.spawn(proxy.accept(listener));
        Ok(Self { proxy_url, world, tasks, _cancel_on_drop: stopping.drop_guard() })
    }

    /// The forward proxy through which everything is reached, as `http://127.0.0.1:PORT`.
    pub fn proxy_url(&self) -> Url {
        self.proxy_url.clone()
    }

    /// The certificate that clients must trust, in PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.world.authority.ca_file().to_owned()
    }

    /// What was asked so far.
    pub fn log(&self) -> &RequestLog {
        &self.world.log
    }

    /// Makes the media of the ordinary videos now rather than when they are first fetched.
    ///
    /// # Errors
    /// When ffmpeg cannot make them.
    pub async fn prepare(&self) -> Result<(), StandinError> {
        let ordinary = scenarios::OKAY.video(1);
        for format in media::formats_of(&ordinary) {
            self.world.media.content(&format).await?;
        }
        Ok(())
    }

    /// Ends every connection and returns when they are gone.
    pub async fn stop(self) {
        let Self { tasks, _cancel_on_drop, .. } = self;
        drop(_cancel_on_drop);
        tasks.close();
        if tokio::time::timeout(STOP_PATIENCE, tasks.wait()).await.is_err() {
            log::warn!("{} connections of the stand-in did not end in time", tasks.len());
        }
    }
}

fn open_authority(data_dir: &Path) -> Result<Authority, StandinError> {
    std::fs::create_dir_all(data_dir).map_err(StandinError::file(data_dir))?;
    Authority::open(data_dir)
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, Url), StandinError> {
    let failed = |source| StandinError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let url = Url::parse(&format!("http://{bound}"))
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
    Ok((listener, url))
}
