//! The limiter of several processes, which falls back to counting alone.

use std::{fmt::Display, hash::Hash, num::NonZeroU32};

use redis::{RedisError, Script};
use tokio_util::sync::CancellationToken;

use crate::{LocalLimiter, RateLimiter, RedisAddress, Standing, link::Link};

const MICROSECONDS_A_MINUTE: u64 = 60_000_000;

/// `KEYS[1]` holds the time, in microseconds, at which the whole allowance is there again; `ARGV` is
/// the time one request costs, and the allowance. The clock is the server's, so that the nodes'
/// clocks do not matter. Answers how long to wait, or 0, and how long until all is there again.
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local whole = tonumber(redis.call('GET', KEYS[1]) or now)
if whole < now then whole = now end
local after = whole + cost
local wait = after - cost * tonumber(ARGV[2]) - now
if wait > 0 then return {wait, whole - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {0, after - now}
";

/// Counts in Redis; while there is none, each process counts for itself.
pub struct RedisLimiter<K: Hash + Eq + Clone> {
    link: Link,
    script: Script,
    prefix: String,
    per_minute: NonZeroU32,
    alone: LocalLimiter<K>,
}

impl<K: Hash + Eq + Clone + Display + Send + Sync> RedisLimiter<K> {
    /// Connects to nothing yet: [`RedisLimiter::run`] does. Limiters of the same name count together.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(
        address: &RedisAddress,
        name: &'static str,
        per_minute: NonZeroU32,
    ) -> Result<Self, RedisError> {
        Ok(Self {
            link: Link::new(address, name)?,
            script: Script::new(SCRIPT),
            prefix: address.name(name),
            per_minute,
            alone: LocalLimiter::new(per_minute),
        })
    }

    /// Keeps the connection up until shutdown.
    pub async fn run(&self, shutdown: CancellationToken) {
        self.link.keep(&shutdown).await;
    }

    /// Whether the next one is counted together with the other nodes, as far as is known.
    pub fn is_shared(&self) -> bool {
        self.link.connection().is_some()
    }

    /// What counts while there is no Redis.
    pub fn alone(&self) -> &LocalLimiter<K> {
        &self.alone
    }

    /// `None` when Redis does not answer.
    async fn count_together(&self, key: &K) -> Option<Standing> {
        let mut connection = self.link.connection()?;
        let cost = MICROSECONDS_A_MINUTE.div_ceil(u64::from(self.per_minute.get()));
        let mut call = self.script.key(format!("{}:{key}", self.prefix));
        let call = call.arg(cost).arg(self.per_minute.get());
        match call.invoke_async::<(u64, u64)>(&mut connection).await {
            Ok((wait, until_whole)) => Some(self.standing(cost, wait, until_whole)),
            Err(error) => {
                log::debug!("cannot count together: {error}");
                self.link.distrust();
                None
            }
        }
    }

    /// All in microseconds.
    fn standing(&self, cost: u64, wait: u64, until_whole: u64) -> Standing {
        let limit = self.per_minute.get();
        let used = u32::try_from(until_whole.div_ceil(cost)).unwrap_or(u32::MAX);
        let refused = (wait > 0).then(|| (wait / 1_000_000).saturating_add(1));
        Standing {
            limit,
            remaining: if refused.is_some() { 0 } else { limit.saturating_sub(used) },
            reset_seconds: until_whole.div_ceil(1_000_000),
            retry_after_seconds: refused,
        }
    }
}

impl<K: Hash + Eq + Clone + Display + Send + Sync> RateLimiter<K> for RedisLimiter<K> {
    async fn count(&self, key: &K) -> Standing {
        match self.count_together(key).await {
            Some(standing) => standing,
            None => self.alone.count_now(key),
        }
    }
}
