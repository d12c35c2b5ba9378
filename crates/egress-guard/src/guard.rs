//! The running proxy.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::Semaphore,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use crate::{
    Allowance, Pass, Resolver, Rules,
    chain::Chain,
    connection::{self, Context},
    dial::Dialer,
    ledger::Ledger,
    tally,
};

/// Connections in all.
const MAX_CONNECTIONS: usize = 1024;
/// Of those, how many may not yet have shown who they are.
const MAX_STRANGERS: usize = 256;
/// How long nobody is let in when the system has no room for another connection.
const OUT_OF_BREATH: Duration = Duration::from_millis(50);

/// What a guard goes by.
#[derive(Debug, Clone)]
pub struct GuardConfig {
    pub rules: Rules,
    pub resolver: Resolver,
    /// An `http://` proxy that everything goes through; names are then resolved there.
    pub upstream: Option<Url>,
    /// How long a client may take to say what it wants.
    pub head_patience: Duration,
    /// How long a connection may show no sign of life.
    pub idle_patience: Duration,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            resolver: Resolver::system(),
            upstream: None,
            head_patience: Duration::from_secs(10),
            idle_patience: Duration::from_secs(75),
        }
    }
}

/// A proxy on a loopback port, on a thread of its own: gigabytes pass through it, and must keep
/// nobody else waiting. It ends with its last clone.
#[derive(Debug, Clone)]
pub struct Guard {
    url: Url,
    port: u16,
    ledger: Ledger,
    _stopped_by_the_last: Arc<DropGuard>,
}

impl Guard {
    /// # Errors
    /// When there is no free port, the thread cannot be started or `upstream` is no http proxy.
    pub fn start(config: GuardConfig) -> io::Result<Self> {
        tally::describe();
        let chain = config.upstream.as_ref().map(Chain::new).transpose()?;
        let ledger = Ledger::default();
        let context = Context {
            ledger: ledger.clone(),
            dialer: Dialer { rules: config.rules, resolver: config.resolver, chain },
            head_patience: config.head_patience,
            idle_patience: config.idle_patience,
        };
        let listener = StdListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).map_err(io::Error::other)?;
        let stopping = CancellationToken::new();
        let stopped = stopping.clone();
        thread::Builder::new()
            .name("egress-guard".to_owned())
            .spawn(move || run(listener, context, &stopped))?;
        Ok(Self { url, port, ledger, _stopped_by_the_last: Arc::new(stopping.drop_guard()) })
    }

    /// Where it listens, without the credentials that it asks for.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The only port that what it guards needs to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets one job through.
    ///
    /// # Errors
    /// When the system has no randomness for its credentials.
    pub fn open(&self, allowance: Allowance) -> io::Result<Pass> {
        Pass::issue(&self.url, self.ledger.clone(), allowance)
    }
}

fn run(listener: StdListener, context: Context, stopping: &CancellationToken) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return log::error!("the egress guard cannot run: {error}"),
    };
    runtime.block_on(async {
        match TcpListener::from_std(listener) {
            Ok(listener) => {
                // What is under way ends with this.
                stopping.run_until_cancelled(accept(listener, Arc::new(context))).await;
            }
            Err(error) => log::error!("the egress guard cannot listen: {error}"),
        }
    });
    // A name may still be being resolved; nobody waits for that.
    runtime.shutdown_background();
}

async fn accept(listener: TcpListener, context: Arc<Context>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let strangers = Arc::new(Semaphore::new(MAX_STRANGERS));
    loop {
        let client = match listener.accept().await {
            Ok((client, _)) => client,
            Err(error) => {
                log::warn!("the egress guard cannot accept a connection: {error}");
                tokio::time::sleep(OUT_OF_BREATH).await;
                continue;
            }
        };
        let place = Arc::clone(&room).try_acquire_owned();
        let stranger = Arc::clone(&strangers).try_acquire_owned();
        let (Ok(place), Ok(stranger)) = (place, stranger) else {
            log::warn!("the egress guard has no room for another connection");
            continue;
        };
        let context = Arc::clone(&context);
        tokio::spawn(async move {
            serve(&context, client, stranger).await;
            drop(place);
        });
    }
}

async fn serve(context: &Context, client: TcpStream, stranger: tokio::sync::OwnedSemaphorePermit) {
    let gauge = metrics::gauge!(tally::CONNECTIONS);
    gauge.increment(1.0);
    connection::serve(context, client, stranger).await;
    gauge.decrement(1.0);
}
