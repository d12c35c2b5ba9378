//! The proxy behind this one, where the operator has named one.

use std::{io, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use url::Url;

use crate::{
    Target,
    dial::DialError,
    head::{HeadReader, Response},
};

const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_REASON_CHARS: usize = 100;

/// The operator's proxy. Its own address is the operator's business and is not checked.
#[derive(Clone)]
pub(crate) struct Chain {
    host: String,
    port: u16,
    authorization: Option<String>,
}

impl Chain {
    /// # Errors
    /// When `url` is not `http://[user:password@]host[:port]`.
    pub(crate) fn new(url: &Url) -> io::Result<Self> {
        let unusable = || io::Error::new(io::ErrorKind::InvalidInput, "no http:// proxy");
        let host = url.host_str().filter(|_| url.scheme() == "http").ok_or_else(unusable)?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let authorization = has_credentials.then(|| {
            let password = decoded(url.password().unwrap_or_default());
            let credentials = format!("{}:{password}", decoded(url.username()));
            format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(credentials))
        });
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port_or_known_default().unwrap_or(80), authorization })
    }

    pub(crate) async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
        Ok(found.collect())
    }

    /// The header with our credentials for it, its line end included; empty if there are none.
    pub(crate) fn authorization(&self) -> &str {
        self.authorization.as_deref().unwrap_or_default()
    }

    /// Asks for a tunnel; what came behind the answer already belongs to it.
    pub(crate) async fn open(
        &self,
        stream: &mut TcpStream,
        target: &Target,
    ) -> Result<Vec<u8>, DialError> {
        let authorization = self.authorization();
        let ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        stream.write_all(ask.as_bytes()).await?;
        let mut reader = HeadReader::default();
        let head = reader.next(stream, MAX_HEAD_BYTES).await?;
        match Response::parse(&head) {
            Some(answer) if (200..300).contains(&answer.code) => Ok(reader.into_rest()),
            // It is our credentials that are wrong, not the client's.
            Some(answer) if answer.code == 407 => {
                log::warn!("the proxy of MAGPIE_EGRESS_PROXY does not take our credentials");
                Err(DialError::Failed(io::Error::from(io::ErrorKind::PermissionDenied)))
            }
            Some(answer) if (400..600).contains(&answer.code) => {
                let reason = answer.reason.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
                let reason = reason.take(MAX_REASON_CHARS).collect();
                Err(DialError::Upstream { code: answer.code, reason })
            }
            _ => Err(DialError::Failed(io::Error::from(io::ErrorKind::InvalidData))),
        }
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chain({}:{})", self.host, self.port)
    }
}
