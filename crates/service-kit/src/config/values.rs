//! The kinds of values that configuration holds, and how their text is read.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use url::{Host, Url};

/// A secret, which no `Debug` prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    Open,
    Closed,
    /// Only the first account, which becomes the admin.
    First,
}

impl FromStr for Registration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            "first" => Ok(Self::First),
            _ => Err("expected `open`, `closed` or `first`"),
        }
    }
}

/// How far the processes of jobs are kept from everything that is not theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// As far as the system can.
    BestEffort,
    /// All of it, or nothing starts.
    Required,
    Off,
}

impl FromStr for SandboxMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "best-effort" => Ok(Self::BestEffort),
            "required" => Ok(Self::Required),
            "off" => Ok(Self::Off),
            _ => Err("expected `best-effort`, `required` or `off`"),
        }
    }
}

/// What media may be fetched from beside the public internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressPermit {
    /// Wherever it is; at one port, or else at 80 and 443.
    Host {
        host: Host<String>,
        port: Option<u16>,
    },
    Network(IpNet),
}

impl FromStr for EgressPermit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHY: &str = "expected a host, host:port, an address or a CIDR";
        if let Ok(network) = network(text) {
            return Ok(Self::Network(network));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = port.map(|port| port.parse().map_err(|_no_number| WHY)).transpose()?;
        let host = Host::parse(host.strip_suffix('.').unwrap_or(host)).map_err(|_invalid| WHY)?;
        // Of `*.example.com` nobody can say where it leads.
        if port == Some(0) || matches!(&host, Host::Domain(name) if !is_host_name(name)) {
            return Err(WHY);
        }
        Ok(Self::Host { host, port })
    }
}

/// What a name that can be looked up is made of; URLs permit more.
fn is_host_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The parts of a comma-separated list, without blanks.
pub(super) fn list<T, E: fmt::Display>(
    text: &str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| read(item).map_err(|error| format!("`{item}`: {error}"))).collect()
}

/// A CIDR, or an address alone.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_not_a_cidr: ipnet::AddrParseError| single())
        .map_err(|error| error.to_string())
}

/// The base URL of a process of ours: plain http, with nothing after the authority.
pub(super) fn upstream(text: &str) -> Result<Url, String> {
    let url = http_url(text)?;
    if url.scheme() != "http" || url.path() != "/" || url.query().is_some() {
        return Err("expected http://HOST:PORT".to_owned());
    }
    Ok(url)
}

/// An origin (RFC 6454) exactly as browsers send it.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let url = http_url(text)?;
    let origin = url.origin().ascii_serialization();
    if origin == text { Ok(origin) } else { Err(format!("expected an origin, such as `{origin}`")) }
}

/// An upstream proxy for media traffic.
pub(super) fn proxy(text: &str) -> Result<Url, String> {
    let url = http_url(text)?;
    if url.scheme() == "http" { Ok(url) } else { Err("expected an http:// URL".to_owned()) }
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    if is_http { Ok(url) } else { Err("expected an http or https URL".to_owned()) }
}

/// `redis://[user:password@]host[:port][/database]`.
pub(super) fn redis_url(text: &str) -> Result<Secret, String> {
    let expected = "expected redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER]";
    let url = Url::parse(text).map_err(|error| format!("{error}; {expected}"))?;
    let database = url.path().trim_start_matches('/');
    let is_numbered = database.is_empty() || database.parse::<u16>().is_ok();
    let is_redis = url.scheme() == "redis" && url.has_host() && is_numbered;
    if is_redis && url.query().is_none() { Ok(Secret::new(text)) } else { Err(expected.to_owned()) }
}

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    let known = ["sqlite://", "postgres://", "postgresql://"];
    if known.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(Secret::new(text))
    } else {
        Err("expected sqlite://PATH or postgres://…".to_owned())
    }
}
