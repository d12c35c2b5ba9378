//! Where a connection is to go: read once, so that what is checked is what is dialled.

use std::{fmt, net::IpAddr};

use url::Host;

use crate::Reason;

const MAX_NAME_CHARS: usize = 253;

/// A host and a port. Every spelling of an address (octal, hexadecimal, decimal, short, percent-encoded,
/// full-width, bracketed) has become that address; names are lower-case ASCII without a final dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    host: Host<String>,
    port: u16,
}

impl Target {
    /// Reads `host:port` as browsers do (WHATWG URL, host parsing); without a port it is
    /// `default_port`.
    ///
    /// # Errors
    /// When it is none, or is more than that.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, Reason> {
        let (host, port) = split(text);
        let port = match (port, default_port) {
            (Some(port), _) => read_port(port)?,
            (None, Some(port)) => port,
            (None, None) => return Err(Reason::Malformed),
        };
        if host.contains(['@', '/', '\\', '?', '#', ' ']) {
            return Err(Reason::Malformed);
        }
        let host = match Host::parse(host).map_err(|_invalid| Reason::Malformed)? {
            Host::Domain(name) => Host::Domain(rooted(&name)?),
            address => address,
        };
        Ok(Self { host, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, if it is one already.
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The name, if it is one; in ASCII.
    pub fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The last colon outside of brackets parts host and port.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

fn read_port(text: &str) -> Result<u16, Reason> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = is_number.then(|| text.parse().ok()).flatten();
    port.filter(|port| *port != 0).ok_or(Reason::Malformed)
}

/// A name without its final dot, which means the same.
fn rooted(name: &str) -> Result<String, Reason> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_name = name.len() <= MAX_NAME_CHARS
        && name.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    if is_name { Ok(name.to_owned()) } else { Err(Reason::Malformed) }
}
