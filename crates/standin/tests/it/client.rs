//! A client that does one thing at a time, so that tests see exactly what the stand-in does.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use standin::Standin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to one host, through the proxy.
pub(crate) struct Client {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body ended as announced.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    /// Connects to a host that the stand-in plays.
    pub(crate) async fn to(standin: &Standin, host: &str) -> Self {
        let (status, tunnel) = tunnel(standin, &format!("{host}:443")).await;
        assert_eq!(status, 200, "CONNECT {host}");
        let stream = tls(standin, host, tunnel).await.unwrap();
        Self::over(host, TokioIo::new(stream)).await
    }

    /// Connects to the proxy itself.
    pub(crate) async fn to_proxy(standin: &Standin) -> Self {
        Self::over("proxy", TokioIo::new(dial(standin).await)).await
    }

    async fn over<Io>(host: &str, io: Io) -> Self
    where
        Io: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self { host: host.to_owned(), sender }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    pub(crate) async fn get_range(&mut self, path: &str, range: &str) -> Answer {
        self.send(Method::GET, path, Some(range), Bytes::new()).await
    }

    pub(crate) async fn head(&mut self, path: &str) -> Answer {
        self.send(Method::HEAD, path, None, Bytes::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, None, body.to_string().into()).await
    }

    /// The player response that this client gets for a video.
    pub(crate) async fn player(&mut self, client: &str, video_id: &str) -> Value {
        let body = serde_json::json!({
            "context": { "client": { "clientName": client } },
            "videoId": video_id,
        });
        self.post("/youtubei/v1/player?prettyPrint=false", &body).await.json()
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        range: Option<&str>,
        body: Bytes,
    ) -> Answer {
        let response = self.begin(method, path, range, body).await;
        let (head, mut body) = response.into_parts();
        let (mut received, mut complete) = (Vec::new(), true);
        let read = async {
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => received.extend_from_slice(frame.data_ref().unwrap()),
                    Err(_) => {
                        complete = false;
                        break;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the body ends");
        Answer { status: head.status, headers: head.headers, body: received.into(), complete }
    }

    /// Sends a request and leaves the body to the caller.
    pub(crate) async fn begin(
        &mut self,
        method: Method,
        path: &str,
        range: Option<&str>,
        body: Bytes,
    ) -> http::Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path).header("host", &self.host);
        if let Some(range) = range {
            request = request.header("range", range);
        }
        self.sender.ready().await.unwrap();
        let request = request.body(Full::new(body)).unwrap();
        tokio::time::timeout(PATIENCE, self.sender.send_request(request)).await.unwrap().unwrap()
    }
}

/// Asks the proxy for a tunnel.
pub(crate) async fn tunnel(standin: &Standin, target: &str) -> (u16, TcpStream) {
    let mut stream = dial(standin).await;
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, stream)
}

/// Speaks TLS with a host, trusting the stand-in's authority alone.
pub(crate) async fn tls(
    standin: &Standin,
    host: &str,
    tunnel: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(standin.ca_file()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tunnel).await
}

async fn dial(standin: &Standin) -> TcpStream {
    let url = standin.proxy_url();
    let address = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    TcpStream::connect(address).await.unwrap()
}

/// The path and query that fetch a format, as the player API tells it.
pub(crate) async fn media_path(standin: &Standin, video_id: &str, itag: u64) -> String {
    let mut client = Client::to(standin, "www.youtube.com").await;
    let response = client.player("TVHTML5", video_id).await;
    let data = &response["streamingData"];
    let formats = [&data["formats"], &data["adaptiveFormats"]];
    let format = formats
        .iter()
        .flat_map(|list| list.as_array().unwrap())
        .find(|format| format["itag"] == itag)
        .unwrap_or_else(|| panic!("{video_id} has no format {itag}"));
    let url = url::Url::parse(format["url"].as_str().unwrap()).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

/// The host that [`media_path`] belongs to.
pub(crate) const MEDIA_HOST: &str = "rr1---sn-standin.googlevideo.com";
