//! Whether an address is this machine's own.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// Whether what is sent to `address` would never leave this machine: then it is a public address of
/// ours, behind which everything listens that listens everywhere. Nothing is sent to find out.
pub(crate) fn is_own(address: IpAddr) -> bool {
    source_towards(address).is_ok_and(|source| source == address)
}

/// The address that this machine would send from.
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
