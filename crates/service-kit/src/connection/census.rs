//! How many connections there are, and whose.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use super::ConnectionLimits;

/// Counts the connections of one server.
#[derive(Debug, Clone)]
pub(crate) struct Census {
    counts: Arc<Mutex<Counts>>,
    limits: ConnectionLimits,
    trusted: Arc<[IpNet]>,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A place among the connections, free again when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    counts: Arc<Mutex<Counts>>,
    network: Option<IpAddr>,
}

impl Census {
    pub(crate) fn new(limits: ConnectionLimits, trusted: &[IpNet]) -> Self {
        Self { counts: Arc::default(), limits, trusted: trusted.into() }
    }

    /// A place for a connection from `address`, if there is one.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<Permit> {
        let address = address.to_canonical();
        let network = (!self.speaks_for_many(address)).then(|| network_of(address));
        let mut counts = lock(&self.counts);
        if counts.total >= self.limits.total {
            return None;
        }
        if let Some(network) = network {
            let of_network = counts.by_network.entry(network).or_default();
            if *of_network >= self.limits.per_address {
                return None;
            }
            *of_network = of_network.saturating_add(1);
        }
        counts.total = counts.total.saturating_add(1);
        Some(Permit { counts: Arc::clone(&self.counts), network })
    }

    fn speaks_for_many(&self, address: IpAddr) -> bool {
        let is_here = address.is_loopback() && !self.limits.count_loopback;
        is_here || self.trusted.iter().any(|network| network.contains(&address))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.total = counts.total.saturating_sub(1);
        let Some(network) = self.network else { return };
        if let Some(of_network) = counts.by_network.get_mut(&network) {
            *of_network = of_network.saturating_sub(1);
            if *of_network == 0 {
                counts.by_network.remove(&network);
            }
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An IPv6 client owns a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(trusted: &str) -> Census {
        let limits = ConnectionLimits { per_address: 2, total: 5, ..ConnectionLimits::default() };
        Census::new(limits, &[trusted.parse().unwrap()])
    }

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let census = census("10.0.0.0/8");
        let at = |address: &str| census.admit(address.parse().unwrap());
        let held = [at("192.0.2.1"), at("192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(at("192.0.2.1").is_none() && at("::ffff:192.0.2.1").is_none());
        assert!(at("192.0.2.2").is_some());
        drop(held);
        assert!(at("192.0.2.1").is_some());
        assert!(lock(&census.counts).by_network.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let census = census("10.0.0.0/8");
        let held = ["2001:db8::1", "2001:db8::2"].map(|at| census.admit(at.parse().unwrap()));
        assert!(held.iter().all(Option::is_some));
        assert!(census.admit("2001:db8::3".parse().unwrap()).is_none());
        assert!(census.admit("2001:db8:0:1::3".parse().unwrap()).is_some());
    }

    #[test]
    fn proxies_and_loopback_speak_for_many_but_all_together_are_bounded() {
        let census = census("10.0.0.0/8");
        let held = ["10.1.1.1", "10.1.1.1", "10.1.1.1", "127.0.0.1", "127.0.0.1"]
            .map(|at| census.admit(at.parse().unwrap()));
        assert!(held.iter().all(Option::is_some));
        assert!(census.admit("10.1.1.1".parse().unwrap()).is_none());
    }
}
