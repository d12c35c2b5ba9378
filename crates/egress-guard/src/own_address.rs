//! Whether an address is this machine's own.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// Nobody's, by RFC 5737 and RFC 3849.
const NOBODYS_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const NOBODYS_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// Whether what is sent to `address` would never leave this machine: then it is a public address of
/// ours, behind which everything listens that listens everywhere. Nothing is sent to find out.
pub(crate) fn is_own(address: IpAddr) -> bool {
    source_towards(address).is_ok_and(|source| source == address) || is_ours_to_bind(address)
}

/// The address that this machine would send from. Towards a second address of one network it is the
/// first.
fn source_towards(address: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    // Of a datagram socket this sets the route and no more.
    socket.connect(SocketAddr::new(address, 443))?;
    Ok(socket.local_addr()?.ip())
}

/// Whether one may listen there; says nothing where one may listen anywhere, as on machines that take
/// over the addresses of others (`net.ipv4.ip_nonlocal_bind`).
fn is_ours_to_bind(address: IpAddr) -> bool {
    let nobodys: IpAddr = match address {
        IpAddr::V4(_) => NOBODYS_V4.into(),
        IpAddr::V6(_) => NOBODYS_V6.into(),
    };
    can_bind(address) && !can_bind(nobodys)
}

fn can_bind(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_leaves_this_machine_is_its_own() {
        // The third is reached as a second address of a network is: from the first one.
        for own in ["127.0.0.1", "::1", "127.0.0.77"] {
            assert!(is_own(own.parse().unwrap()), "{own}");
        }
        for other in ["93.184.216.34", "1.1.1.1", "192.0.2.7", "2606:4700:4700::1111"] {
            assert!(!is_own(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn the_address_that_this_machine_goes_out_from_is_its_own() {
        // Where there is no way out there is none.
        if let Ok(own) = source_towards(Ipv4Addr::new(93, 184, 216, 34).into()) {
            assert!(is_own(own), "{own}");
        }
    }
}
