//! What an operator permits beside the public internet.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

use crate::Target;

/// One exception. It lifts nothing but what stands here: a host without a port is still reached at 80
/// and 443 alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// A name or an address, and the one port where one is given. The name may lead anywhere.
    Host { host: Host<String>, port: Option<u16> },
    /// Every address in it, by whatever name.
    Network(IpNet),
}

impl Permit {
    /// Whether it names this very port, which may then be any.
    pub(crate) fn opens_port(&self, target: &Target) -> bool {
        matches!(self, Self::Host { host, port: Some(port) }
            if host == target.host() && *port == target.port())
    }

    /// Whether this host may be at any address.
    pub(crate) fn trusts(&self, target: &Target) -> bool {
        match self {
            Self::Host { host, port } => {
                host == target.host() && port.is_none_or(|port| port == target.port())
            }
            Self::Network(_) => false,
        }
    }

    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(&address))
    }
}
