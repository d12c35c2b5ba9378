//! The limiter of a single process.

use std::{future::Future, hash::Hash, num::NonZeroU32};

use governor::{
    Quota, RateLimiter as Governor,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use crate::{RateLimiter, Standing};

/// Counts in memory.
pub struct LocalLimiter<K: Hash + Eq + Clone> {
    inner: Governor<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    per_minute: NonZeroU32,
}

impl<K: Hash + Eq + Clone> LocalLimiter<K> {
    pub fn new(per_minute: NonZeroU32) -> Self {
        let limiter = Governor::dashmap(Quota::per_minute(per_minute));
        Self { inner: limiter.with_middleware(), per_minute }
    }

    /// As [`RateLimiter::count`], which never waits here.
    pub fn count_now(&self, key: &K) -> Standing {
        let limit = self.per_minute.get();
        match self.inner.check_key(key) {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let used = u64::from(limit.saturating_sub(remaining));
                let reset_seconds = used.saturating_mul(60).div_ceil(u64::from(limit));
                Standing { limit, remaining, reset_seconds, retry_after_seconds: None }
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let retry_after_seconds = Some(wait.as_secs().saturating_add(1));
                Standing { limit, remaining: 0, reset_seconds: 60, retry_after_seconds }
            }
        }
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Forgets those who have their whole allowance again.
    pub fn sweep(&self) {
        self.inner.retain_recent();
        self.inner.shrink_to_fit();
    }
}

impl<K: Hash + Eq + Clone + Send + Sync> RateLimiter<K> for LocalLimiter<K> {
    fn count(&self, key: &K) -> impl Future<Output = Standing> + Send {
        std::future::ready(self.count_now(key))
    }
}
