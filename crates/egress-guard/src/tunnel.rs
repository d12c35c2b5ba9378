//! Moving bytes between a client and what it asked for.

use std::io;

use tokio::{
    io::{
        AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional_with_sizes, split,
    },
    net::TcpStream,
};

use crate::{
    Target,
    chain::Chain,
    head::{HeadReader, Request, Response},
    metered::Metered,
};

const UP_BYTES: usize = 16 * 1024;
const DOWN_BYTES: usize = 128 * 1024;
const MAX_RESPONSE_HEAD_BYTES: usize = 64 * 1024;

/// Both directions, until both have ended.
pub(crate) async fn relay(client: &mut TcpStream, site: &mut Metered) -> io::Result<()> {
    copy_bidirectional_with_sizes(client, site, UP_BYTES, DOWN_BYTES).await.map(|_| ())
}

/// One request of plain HTTP and its response; nothing of what else the client may send goes on.
pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a Request,
    pub(crate) target: &'a Target,
    pub(crate) path: &'a str,
    pub(crate) body_bytes: u64,
    pub(crate) chain: Option<&'a Chain>,
}

impl Exchange<'_> {
    /// Sends the request, of whose body `early` has come already, and passes the response on.
    pub(crate) async fn run(
        &self,
        client: &mut TcpStream,
        site: Metered,
        early: &[u8],
    ) -> io::Result<()> {
        let (mut from_site, mut to_site) = split(site);
        let (mut from_client, mut to_client) = client.split();
        let ask = async {
            to_site.write_all(&self.head()).await?;
            let mut body = early.chain(&mut from_client).take(self.body_bytes);
            tokio::io::copy(&mut body, &mut to_site).await?;
            to_site.flush().await?;
            // Whoever goes away needs no answer.
            while from_client.read(&mut [0; 1024]).await? > 0 {}
            io::Result::Ok(())
        };
        tokio::select! {
            answered = answer(&mut from_site, &mut to_client) => answered,
            asked = ask => asked,
        }
    }

    fn head(&self) -> Vec<u8> {
        let host = match self.target.port() {
            80 => self.target.host().to_string(),
            port => format!("{}:{port}", self.target.host()),
        };
        let (method, path) = (&self.request.method, self.path);
        let (origin, authorization) = match self.chain {
            Some(chain) => (format!("http://{host}"), chain.authorization()),
            None => (String::new(), ""),
        };
        let mut head = format!("{method} {origin}{path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
        self.request.fields.write(&mut head, &["host", "transfer-encoding"]);
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"connection: close\r\n\r\n");
        head
    }
}

/// Passes the response on to its end; of its head, what is for the client.
async fn answer(
    site: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut reader = HeadReader::default();
    let response = loop {
        let head = reader.next(site, MAX_RESPONSE_HEAD_BYTES).await?;
        let response = Response::parse(&head);
        let response = response.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        match response.code {
            101 => return Err(io::Error::from(io::ErrorKind::InvalidData)),
            100..200 => {}
            // Ours is the only proxy that the client knows.
            407 => break Response { code: 502, reason: "Bad Gateway".to_owned(), ..response },
            _ => break response,
        }
    };
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.code, response.reason).into_bytes();
    response.fields.write(&mut head, &[]);
    head.extend_from_slice(b"connection: close\r\n\r\n");
    head.extend_from_slice(&reader.into_rest());
    client.write_all(&head).await?;
    let mut body = tokio::io::BufReader::with_capacity(DOWN_BYTES, site);
    tokio::io::copy_buf(&mut body, client).await?;
    client.shutdown().await
}
