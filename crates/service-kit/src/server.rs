//! Serving: bind first, so that the address is known (port 0 included), then run until drained.

use std::{
    any::Any, future::Future, io, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App, HttpResponse, ResponseError,
    dev::AppConfig,
    middleware::from_fn,
    rt::{self, task::JoinHandle},
    web::{self, ServiceConfig},
};
use auth_tokens::IdentityKey;
use common_types::ErrorCode;
use futures_util::FutureExt;
use ipnet::IpNet;
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{
    ApiError, Clock, Config, IdentityContext,
    config::reachable,
    connection::{Census, ConnectionLimits, Guarded, Refusals},
    drain::{self, Draining},
    health, metrics,
    middleware::{DefaultHeaders, with_request_id},
    process::StartError,
    unread,
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long requests under way may take to end once the process drains.
const DRAIN_SECONDS: u64 = 10;
/// How long a background task may take to end; beyond it, it is abandoned and said so.
const TASK_DEADLINE: Duration = Duration::from_secs(20);

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Serve {
    pub name: &'static str,
    pub bind: SocketAddr,
    pub workers: usize,
    pub identity_key: Arc<IdentityKey>,
    pub clock: Clock,
    /// Put on every response that does not have them already.
    pub default_headers: DefaultHeaders,
    /// Whether a client may close its half of the connection and still be answered. Where it may
    /// not, its leaving drops the handler at once, and with it all that the handler waits for.
    pub allow_half_closed: bool,
    pub connections: ConnectionLimits,
    /// Proxies, whose connections speak for many.
    pub trusted_proxies: Vec<IpNet>,
    /// How long it may go on once it is to stop.
    pub drain: Duration,
}

impl Serve {
    /// A server of one worker, with the installation's identity key and the system's clock.
    pub fn new(name: &'static str, bind: SocketAddr, config: &Config) -> Self {
        let identity_key = Arc::new(IdentityKey::from_secret(config.internal_secret.expose()));
        Self {
            name,
            bind,
            workers: 1,
            identity_key,
            clock: Clock::system(),
            default_headers: DefaultHeaders::default(),
            allow_half_closed: true,
            connections: ConnectionLimits::default(),
            trusted_proxies: config.trusted_proxies.clone(),
            drain: config.drain,
        }
    }

    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Binds and serves. `configure` runs once per worker thread: what is not `Send`, such as an
    /// `awc::Client`, is made inside it.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start<F>(self, configure: F) -> Result<Running, StartError>
    where
        F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
    {
        let draining = Draining::default();
        let app = {
            let draining = draining.clone();
            let identity = IdentityContext { key: self.identity_key, clock: self.clock };
            let default_headers = self.default_headers;
            move || {
                App::new()
                    .wrap(from_fn(drain::part))
                    .wrap(from_fn(unread::read_off))
                    .wrap(from_fn(with_request_id))
                    .app_data(web::Data::new(draining.clone()))
                    .app_data(web::Data::new(identity.clone()))
                    .app_data(default_headers)
                    .app_data(web::QueryConfig::default().error_handler(refuse_query))
                    .app_data(web::PathConfig::default().error_handler(refuse_path))
                    .configure(health::mount_livez)
                    .configure(drain::mount)
                    .configure(configure.clone())
                    .default_service(web::to(no_such_route))
            }
        };
        let (limits, half_closed) = (self.connections, self.allow_half_closed);
        let refusals = Refusals(self.default_headers);
        let census = Census::new(limits, &self.trusted_proxies);
        let builder = Server::build();
        let builder =
            builder.workers(self.workers).shutdown_timeout(DRAIN_SECONDS).disable_signals();
        let stopping = builder.graceful_shutdown_signal();
        let listener = listen(self.bind).map_err(|error| StartError::bind(self.bind, error))?;
        let addr = listener.local_addr().map_err(|error| StartError::bind(self.bind, error))?;
        let serve = move || {
            let census = census.clone();
            let stopping = stopping.clone();
            let app = app().into_factory().map_err(|error| error.error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                // The deadlines are the stream's.
                .client_request_timeout(Duration::ZERO)
                .keep_alive(limits.idle.saturating_add(Duration::from_secs(1)))
                .h1_allow_half_closed(half_closed)
                .local_addr(addr)
                .on_connect_ext(|io: &Guarded, data| {
                    data.insert(io.connection());
                })
                .finish(map_config(app, |()| AppConfig::default()));
            let admit = move |io: TcpStream| {
                let admitted = Guarded::admit(io, limits, &census, refusals);
                let admitted = admitted.map_err(DispatchError::Io);
                std::future::ready(admitted.map(|(io, peer)| (io, Protocol::Http1, Some(peer))))
            };
            fn_service(admit).and_then(http)
        };
        let server = builder
            .listen(self.name, listener, serve)
            .map_err(|error| StartError::bind(self.bind, error))?;
        metrics::note_service(self.name);
        Ok(Running::new(self.name, addr, server.run(), (draining, self.drain)))
    }
}

fn listen(bind: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(bind)?;
    socket.listen(BACKLOG)?.into_std()
}

async fn no_such_route() -> HttpResponse {
    ApiError::not_found("There is nothing at this path.").error_response()
}

fn refuse_query(
    error: actix_web::error::QueryPayloadError,
    _request: &actix_web::HttpRequest,
) -> actix_web::Error {
    let text = error.to_string();
    // What actix puts before it says nothing to the caller.
    let reason = text.strip_prefix("Query deserialize error: ").unwrap_or(&text);
    ApiError::new(ErrorCode::InvalidRequest, format!("The query is not valid: {reason}.")).into()
}

/// A path that does not parse, such as an id that is no UUID, names nothing.
fn refuse_path(
    error: actix_web::error::PathError,
    _request: &actix_web::HttpRequest,
) -> actix_web::Error {
    ApiError::not_found("There is nothing with this id.").with_source(error.to_string()).into()
}

/// A service that is already listening. Dropping it does not stop it; [`Running::stop`] does.
pub struct Running {
    pub name: &'static str,
    addr: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
    draining: Draining,
    drain: Duration,
    shutdown: CancellationToken,
    failed: CancellationToken,
    background: Vec<(&'static str, JoinHandle<()>)>,
}

impl Running {
    fn new(
        name: &'static str,
        addr: SocketAddr,
        server: Server,
        (draining, drain): (Draining, Duration),
    ) -> Self {
        log::info!("{name} listens on http://{addr}");
        Self {
            name,
            addr,
            handle: server.handle(),
            server: rt::spawn(server),
            draining,
            drain,
            shutdown: CancellationToken::new(),
            failed: CancellationToken::new(),
            background: Vec::new(),
        }
    }

    /// The address it listens on, with the port that was picked if it was to be 0.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it can be reached from this machine.
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.addr))
    }

    /// Cancelled when the service is to stop; every loop of it must listen.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Whether it drains: from then on no work may be begun that takes long.
    pub fn draining(&self) -> Draining {
        self.draining.clone()
    }

    /// Says how to tell whether there is work that a drain waits for.
    #[must_use]
    pub fn busy_while(self, is_busy: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.draining.set_busy(is_busy);
        self
    }

    /// Cancelled when a background task has panicked, so that the process can end rather than
    /// pretend.
    pub fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    /// Runs `task` beside the server, on this thread, until it ends; it must end soon after the
    /// shutdown token is cancelled.
    #[must_use]
    pub fn background<F: Future<Output = ()> + 'static>(
        mut self,
        name: &'static str,
        task: impl FnOnce(CancellationToken) -> F,
    ) -> Self {
        let failed = self.failed.clone();
        let task = AssertUnwindSafe(task(self.shutdown.clone()));
        let supervised = async move {
            if let Err(panic) = task.catch_unwind().await {
                log::error!("the task {name} panicked: {}", panic_message(panic.as_ref()));
                failed.cancel();
            }
        };
        self.background.push((name, rt::spawn(supervised)));
        self
    }

    /// Drains: no longer ready, no new work, what is under way may end, then everything is gone.
    pub async fn stop(self) {
        self.draining.begin();
        self.draining.linger(self.drain).await;
        self.shutdown.cancel();
        let tasks = async {
            for (name, task) in self.background {
                if tokio::time::timeout(TASK_DEADLINE, task).await.is_err() {
                    log::error!("{}: the task {name} did not end in time", self.name);
                }
            }
        };
        let server = async {
            self.handle.stop(true).await;
            match self.server.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::error!("{}: the server failed: {error}", self.name),
                Err(error) => log::error!("{}: the server was lost: {error}", self.name),
            }
        };
        tokio::join!(tasks, server);
        log::info!("{} has stopped", self.name);
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
