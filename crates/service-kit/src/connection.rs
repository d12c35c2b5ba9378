//! What HTTP itself does not bound: how long a request may take to arrive, a client may take to
//! read, a connection may idle and live, and how many one address may hold.
//!
//! actix gives up a slow head only on a connection's first request, never a slow body or a client
//! that does not read. So each connection is a [`Guarded`] stream, which sees the bytes, and shares
//! a small [`Connection`] with the application, which says when a request begins and ends.

mod census;
mod refusal;
mod state;
mod stream;
mod tending;

use std::time::Duration;

pub(crate) use census::Census;
pub(crate) use refusal::Refusals;
pub(crate) use state::Connection;
pub(crate) use stream::Guarded;
pub(crate) use tending::begin;

/// What one connection, and one address with many, may cost.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// From the first byte of a request, or from the connection, to the end of its head.
    pub head: Duration,
    /// For a whole body to arrive.
    pub body: Duration,
    /// Between two requests. Longer than any client's own, the gateway's included: the server must
    /// never close a connection that a client is about to use.
    pub idle: Duration,
    /// Without any progress while a client is sent something.
    pub stall: Duration,
    /// After which the next answer is the connection's last.
    pub age: Duration,
    /// For a body that nobody wanted to be thrown away.
    pub drain: Duration,
    /// Connections at a time of one address, or one /64; loopback and trusted proxies, which speak
    /// for many, may have any number, and so may everybody by default: a gateway holds one for each
    /// of its watchers.
    pub per_address: usize,
    /// Connections at a time of all addresses together.
    pub total: usize,
    /// Whether loopback counts like any other address.
    pub count_loopback: bool,
}

impl ConnectionLimits {
    /// For a server that strangers reach.
    pub fn for_strangers() -> Self {
        Self { per_address: 256, ..Self::default() }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(60),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(60),
            age: Duration::from_secs(3600),
            drain: Duration::from_secs(5),
            per_address: usize::MAX,
            total: 16_384,
            count_loopback: false,
        }
    }
}
