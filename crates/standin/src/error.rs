use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why the stand-in could not start or make what it was asked for.
#[derive(Debug, Error)]
pub enum StandinError {
    #[error("cannot listen on {address}")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: io::Error,
    },

    #[error("cannot use {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),

    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),

    #[error("cannot run {}", program.display())]
    Spawn {
        program: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("ffmpeg failed to make {name}: {detail}")]
    Encode { name: String, detail: String },

    #[error("{name} came out at {actual} bytes, more than the {declared} it is announced with")]
    Oversized { name: String, actual: u64, declared: u64 },

    #[error("a background task of the stand-in did not finish")]
    Background(#[source] tokio::task::JoinError),
}

impl StandinError {
    /// For `map_err` around file operations.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
