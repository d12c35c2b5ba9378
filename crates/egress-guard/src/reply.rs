//! What the guard itself answers.

use std::{io, time::Duration};

use common_types::media_error::FORBIDDEN_ADDRESS_MARKER;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long a client may take to read an answer, and how much it may have sent behind its request.
const LINGER: Duration = Duration::from_secs(1);
const MAX_UNWANTED_BYTES: u64 = 1024 * 1024;

/// An answer without a body, after which the connection is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    BadRequest,
    /// There are no credentials, or they are no longer good. ffmpeg shows its own only when asked.
    WhoAreYou,
    Forbidden,
    MethodNotAllowed,
    LengthRequired,
    HeadTooLarge,
    TooManyConnections,
    Unreachable,
    TooSlow,
    /// The next proxy's refusal.
    Upstream {
        code: u16,
        reason: String,
    },
}

impl Reply {
    fn head(&self) -> String {
        let (code, reason) = match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::WhoAreYou => (407, "Proxy Authentication Required"),
            Self::Forbidden => (403, FORBIDDEN_ADDRESS_MARKER),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::LengthRequired => (411, "Length Required"),
            Self::HeadTooLarge => (431, "Request Header Fields Too Large"),
            Self::TooManyConnections => (503, "Too Many Connections"),
            Self::Unreachable => (502, "Bad Gateway"),
            Self::TooSlow => (504, "Gateway Timeout"),
            Self::Upstream { code, reason } => (*code, reason.as_str()),
        };
        let asks = match self {
            Self::WhoAreYou => "Proxy-Authenticate: Basic realm=\"magpie\"\r\n",
            _ => "",
        };
        format!("HTTP/1.1 {code} {reason}\r\n{asks}Content-Length: 0\r\nConnection: close\r\n\r\n")
    }

    /// Sends it, and takes what else the client has to say: closing on unread bytes would take the
    /// answer away from it.
    pub(crate) async fn send(&self, client: &mut TcpStream) {
        let say = async {
            client.write_all(self.head().as_bytes()).await?;
            client.shutdown().await?;
            let mut unwanted = client.take(MAX_UNWANTED_BYTES);
            tokio::io::copy(&mut unwanted, &mut tokio::io::sink()).await?;
            io::Result::Ok(())
        };
        if let Ok(Err(error)) = timeout(LINGER, say).await {
            log::debug!("a client did not wait for its answer: {error}");
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_no_place_for_more_lines() {
        for reply in [Reply::BadRequest, Reply::WhoAreYou, Reply::Forbidden, Reply::Unreachable] {
            let head = reply.head();
            assert!(head.ends_with("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "{head}");
            assert_eq!(reply == Reply::WhoAreYou, head.contains("Proxy-Authenticate"));
        }
    }
}
