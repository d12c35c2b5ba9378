//! Where a request really comes from, when proxies that we trust stand before us.

use std::net::{IpAddr, SocketAddr};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The client of a request, as far as it can be known.
#[derive(Debug)]
pub(crate) struct Caller<'r> {
    pub(crate) address: IpAddr,
    pub(crate) is_https: bool,
    /// The host that the client spoke to.
    pub(crate) host: Option<&'r HeaderValue>,
}

impl<'r> Caller<'r> {
    /// The peer itself, or whom it forwards for if it is one of `trusted`.
    pub(crate) fn of(request: &'r HttpRequest, trusted: &[IpNet]) -> Self {
        let headers = request.headers();
        // A connection has a peer; the fallback is an address that nobody trusts.
        let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
        let peer = peer.to_canonical();
        let host = headers.get(header::HOST);
        if !is_trusted(peer, trusted) {
            return Self { address: peer, is_https: false, host };
        }
        Self {
            address: client_behind(peer, headers, trusted),
            is_https: headers.get(FORWARDED_PROTO).is_some_and(|proto| proto == "https"),
            host: headers.get(FORWARDED_HOST).or(host),
        }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

/// The right-most address that no proxy of ours wrote about itself: everything further left is
/// whatever the client claims.
fn client_behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
    let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("").rsplit(','));
    let mut client = peer;
    for hop in hops {
        let Some(address) = address_of(hop.trim()) else { break };
        client = address;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    client
}

fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = || hop.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().map(|socket| socket.ip()).ok();
    bare().or_else(with_port).map(|address| address.to_canonical())
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        let request = forwarded
            .iter()
            .fold(request, |request, line| request.append_header((FORWARDED_FOR, *line)));
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        Caller::of(&request.to_http_request(), &trusted).address.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(address("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_right_most_untrusted_address_is_the_client() {
        assert_eq!(address("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["1.1.1.1", "198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["[2001:db8::1]:80"]), "2001:db8::1");
    }
}
