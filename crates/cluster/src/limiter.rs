//! How often someone may do something: the generic cell rate algorithm, with a burst of a minute's
//! allowance.

use std::future::Future;

/// How someone stands after being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// A minute's allowance.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// Until the whole allowance is there again.
    pub reset_seconds: u64,
    /// Set when this was one too many.
    pub retry_after_seconds: Option<u64>,
}

/// Counts what is done, by key.
pub trait RateLimiter<K: ?Sized> {
    /// Counts once, and says how `key` stands.
    fn count(&self, key: &K) -> impl Future<Output = Standing> + Send;
}
