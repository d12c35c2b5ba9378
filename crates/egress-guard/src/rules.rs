//! What may be reached.

use std::net::IpAddr;

use crate::{Permit, Reason, Target, is_public};

const PORTS: [u16; 2] = [80, 443];

/// Names below these are never a public server's (RFC 6761, 6762, 7686, 8375, ICANN's `internal`), or
/// are what routers and clusters call their own.
const LOCAL: [&str; 16] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "onion",
    "invalid",
    "alt",
    "workgroup",
];

/// The rules of one guard.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    permits: Vec<Permit>,
}

impl Rules {
    pub fn new(permits: Vec<Permit>) -> Self {
        Self { permits }
    }

    /// Whether a target may be reached, as far as can be told before its name is resolved.
    ///
    /// # Errors
    /// With the reason why it may not.
    pub fn admit(&self, target: &Target) -> Result<(), Reason> {
        if !PORTS.contains(&target.port()) && !self.any(|permit| permit.opens_port(target)) {
            return Err(Reason::Port);
        }
        match (target.address(), target.name()) {
            (Some(address), _) => self.admit_address(target, address),
            (None, Some(name)) if is_local(name) && !self.trusts(target) => Err(Reason::LocalName),
            _ => Ok(()),
        }
    }

    /// Whether an address that the target's name resolved to may be dialled.
    ///
    /// # Errors
    /// With the reason why it may not.
    pub fn admit_address(&self, target: &Target, address: IpAddr) -> Result<(), Reason> {
        let is_admitted =
            is_public(address) || self.trusts(target) || self.any(|permit| permit.holds(address));
        if is_admitted { Ok(()) } else { Err(Reason::Address) }
    }

    /// Whether the operator named this host, so that it may even be this machine.
    pub(crate) fn trusts(&self, target: &Target) -> bool {
        self.any(|permit| permit.trusts(target))
    }

    pub(crate) fn is_exempt(&self, target: &Target, address: IpAddr) -> bool {
        self.trusts(target) || self.any(|permit| permit.holds(address))
    }

    fn any(&self, is_so: impl Fn(&Permit) -> bool) -> bool {
        self.permits.iter().any(is_so)
    }
}

fn is_local(name: &str) -> bool {
    let is_below = |suffix: &&str| {
        name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || LOCAL.iter().any(is_below)
}
