//! The forward proxy: accepting, tunnelling, and speaking TLS as the host that was asked for.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use http::{Method, Request as HttpRequest, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::index_page;
use crate::prompt_stream::PromptStream;
use crate::reply::{self, Reply};
use crate::sites::{self, Site};
use crate::world::World;

const HTTPS: u16 = 443;
/// A tunnel counts twice. Those beyond are closed at once.
const MAX_TASKS: usize = 4_096;

/// Everything a connection needs; one clone for each.
#[derive(Clone)]
pub(crate) struct Proxy {
    world: Arc<World>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Proxy {
    pub(crate) fn new(world: Arc<World>, tasks: TaskTracker, stopping: CancellationToken) -> Self {
        Self { world, tasks, stopping }
    }

    /// Accepts connections until the stand-in stops.
    pub(crate) async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stopping.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(_) if self.tasks.len() >= MAX_TASKS => {
                    log::warn!("the stand-in has too many connections to take another");
                }
                Ok((stream, _)) => self.spawn(self.clone().serve_client(stream)),
                Err(error) => {
                    log::warn!("the stand-in cannot accept a connection: {error}");
                    // Out of file descriptors, most likely: let others close theirs.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = connection => {}
            }
        });
    }

    async fn serve_client(self, stream: TcpStream) {
        let stream = PromptStream::new(stream);
        let service = service_fn(move |request| {
            let proxy = self.clone();
            async move { Ok::<_, Infallible>(proxy.answer(request).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        log_end(connection.with_upgrades().await);
    }

    async fn answer(self, request: HttpRequest<Incoming>) -> Reply {
        if request.method() == Method::CONNECT {
            return self.connect(request);
        }
        match request.uri().host().map(str::to_owned) {
            None => index_page::answer(&self.world, request.uri().path()),
            Some(host) => match Site::of(&host) {
                Some(Site::PlainPages) => {
                    sites::answer(&self.world, Site::PlainPages, &host, request).await
                }
                Some(_) => reply::redirect(&format!("https://{host}{}", path_of(request.uri()))),
                None => not_played(),
            },
        }
    }

    fn connect(self, request: HttpRequest<Incoming>) -> Reply {
        let target = request.uri().authority().cloned();
        let played = target.as_ref().and_then(|target| {
            let port_fits = target.port_u16() == Some(HTTPS);
            Site::of(target.host())
                .filter(|_| port_fits)
                .map(|site| (site, target.host().to_owned()))
        });
        let Some((site, host)) = played else {
            return not_played();
        };
        let proxy = self.clone();
        self.spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => proxy.serve_host(site, host, TokioIo::new(upgraded)).await,
                Err(error) => log::debug!("a tunnel to {host} was not used: {error}"),
            }
        });
        http::Response::new(reply::full(""))
    }

    async fn serve_host<Io>(self, site: Site, host: String, tunnel: Io)
    where
        Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let config = match self.world.authority.server_config(&host) {
            Ok(config) => config,
            Err(error) => return log::error!("no certificate for {host}: {error}"),
        };
        match TlsAcceptor::from(config).accept(tunnel).await {
            Ok(stream) => self.serve_site(site, host, TokioIo::new(stream)).await,
            Err(error) => log::debug!("TLS with the client of {host} failed: {error}"),
        }
    }

    async fn serve_site<Io>(self, site: Site, host: String, stream: Io)
    where
        Io: Read + Write + Unpin + Send + 'static,
    {
        let host: Arc<str> = host.into();
        let service = service_fn(move |request| {
            let (world, host) = (Arc::clone(&self.world), Arc::clone(&host));
            async move { Ok::<_, Infallible>(sites::answer(&world, site, &host, request).await) }
        });
        log_end(http1::Builder::new().serve_connection(stream, service).await);
    }
}

fn not_played() -> Reply {
    reply::text(StatusCode::BAD_GATEWAY, "the stand-in does not play this host\n")
}

fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// Connections that break are what some scenarios are about.
fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        log::debug!("a connection to the stand-in broke: {error}");
    }
}
