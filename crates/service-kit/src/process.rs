//! A process from its arguments to its exit code.

use std::{
    error::Error,
    fmt::Write as _,
    future::Future,
    io::{self, Write as _},
    net::SocketAddr,
    process::ExitCode,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Chain, Config, ConfigError, Running,
    config::{LiveConfig, Sources},
    logging, metrics,
};

/// Exit codes, from BSD's `sysexits.h`.
const EX_USAGE: u8 = 64;
const EX_SOFTWARE: u8 = 70;
const EX_TEMPFAIL: u8 = 75;

/// Why a process cannot start; its kind decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something that may pass by itself.
    #[error("{doing}")]
    Temporary {
        doing: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("{doing}")]
    Internal {
        doing: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StartError {
    pub fn internal(
        doing: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Internal { doing: doing.into(), source: source.into() }
    }

    pub fn temporary(
        doing: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Temporary { doing: doing.into(), source: source.into() }
    }

    /// An address that cannot be bound: in use may pass, anything else will not.
    pub fn bind(address: SocketAddr, error: io::Error) -> Self {
        let doing = format!("cannot listen on {address}");
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::temporary(doing, error),
            _ => Self::internal(doing, error),
        }
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) => EX_USAGE,
            Self::Temporary { .. } => EX_TEMPFAIL,
            Self::Internal { .. } => EX_SOFTWARE,
        })
    }

    /// Says on standard error, in one line, why the process ends.
    pub fn report(&self) -> ExitCode {
        let mut line = String::new();
        // Writing to a string cannot fail; writing to a closed standard error has no one to tell.
        let _unheard = write!(line, "cannot start: {}", Chain(self));
        let _unheard = writeln!(io::stderr(), "{}", line.replace('\n', " "));
        self.exit_code()
    }
}

/// The body of a service's `main`: load the configuration, start, say `ready <url>`, wait for
/// SIGTERM or SIGINT, drain.
pub async fn run<F, Fut>(start: F) -> ExitCode
where
    F: FnOnce(Config) -> Fut,
    Fut: Future<Output = Result<Running, StartError>>,
{
    match try_run(start).await {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

async fn try_run<F, Fut>(start: F) -> Result<ExitCode, StartError>
where
    F: FnOnce(Config) -> Fut,
    Fut: Future<Output = Result<Running, StartError>>,
{
    let sources = Sources::of_process()?;
    sources.refuse_positional()?;
    let config = Config::load(&sources)?;
    prepare(&config)?;
    let live = config.live.clone();
    let mut signals = Signals::listen()?;
    let running = tokio::select! {
        running = start(config) => running?,
        // Nothing is being served yet, so there is nothing to drain.
        () = signals.received() => return Ok(ExitCode::SUCCESS),
    };
    announce(&format!("ready {}", running.url()))?;
    let failed = running.failed();
    let code = tokio::select! {
        () = signals.received_while_reloading(&live, &sources) => ExitCode::SUCCESS,
        () = failed.cancelled() => ExitCode::from(EX_SOFTWARE),
    };
    running.stop().await;
    Ok(code)
}

/// Starts what a process has once: logs, and metrics where they are wanted.
///
/// # Errors
/// When the metrics listener cannot be bound.
pub fn prepare(config: &Config) -> Result<(), StartError> {
    logging::start(&config.log, config.log_format);
    config.metrics_bind.map_or(Ok(()), metrics::start)
}

/// Prints one line on standard output, for whoever started the process.
///
/// # Errors
/// When standard output is closed.
pub fn announce(line: &str) -> Result<(), StartError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| StartError::internal("cannot write to standard output", error))
}

/// The signals that a process listens to.
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on, so that a signal during start-up is not lost.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn listen() -> Result<Self, StartError> {
        let install = |kind| {
            signal(kind).map_err(|error| StartError::internal("cannot listen for signals", error))
        };
        Ok(Self {
            interrupt: install(SignalKind::interrupt())?,
            terminate: install(SignalKind::terminate())?,
            hangup: install(SignalKind::hangup())?,
        })
    }

    /// Waits for SIGINT or SIGTERM.
    pub async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// As [`Signals::received`]; every SIGHUP until then reads the configuration again.
    pub async fn received_while_reloading(&mut self, live: &LiveConfig, sources: &Sources) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => match live.reload(sources) {
                    Ok(values) => log::info!("the configuration was read again: {values:?}"),
                    Err(error) => log::error!("the configuration stays as it was: {}", Chain(&error)),
                }
            }
        }
    }
}
