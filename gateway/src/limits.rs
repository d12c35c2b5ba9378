//! How often someone may ask: a user anything, an address for a login. Counted here, or, where there
//! is a Redis, by all gateways together.

use std::{
    fmt::Display,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use actix_web::http::header::{HeaderMap, HeaderName};
use cluster::{LocalLimiter, RateLimiter, RedisAddress, RedisLimiter, Standing};
use common_types::ErrorCode;
use service_kit::{ApiError, Config, ConfigError};
use tokio_util::sync::CancellationToken;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Beyond so many addresses in a minute, new ones share one allowance.
const MAX_ADDRESSES: usize = 100_000;

/// The limits that are in force; `None` where one is switched off.
pub(crate) struct Limits {
    users: Option<Limiter<i64>>,
    addresses: Option<Limiter<IpAddr>>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let redis = config.redis_url.as_ref().map(|url| url.expose().parse());
        let redis = redis.transpose().map_err(invalid)?;
        let (per_user, per_address) =
            (config.rate_limit_per_minute, config.auth_rate_limit_per_minute);
        Ok(Self {
            users: Limiter::new("requests", per_user, redis.as_ref())?,
            addresses: Limiter::new("logins", per_address, redis.as_ref())?,
        })
    }

    /// Counts a request of a user.
    pub(crate) async fn of_user(&self, user_id: i64) -> Option<Standing> {
        Some(self.users.as_ref()?.count(&user_id).await)
    }

    /// Counts an attempt to log in or register from an address.
    pub(crate) async fn of_address(&self, address: IpAddr) -> Option<Standing> {
        let limiter = self.addresses.as_ref()?;
        Some(limiter.count(&counted_as(address, limiter.here())).await)
    }

    /// Keeps what the limits need up until shutdown.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        let users = async {
            if let Some(limiter) = &self.users {
                limiter.run(shutdown.clone()).await;
            }
        };
        let addresses = async {
            if let Some(limiter) = &self.addresses {
                limiter.run(shutdown.clone()).await;
            }
        };
        tokio::join!(users, addresses);
    }
}

fn invalid(error: impl Display) -> ConfigError {
    ConfigError::invalid("MAGPIE_REDIS_URL", error)
}

/// What an address is counted as: its network, or everyone where there are too many of them.
pub(crate) fn counted_as(address: IpAddr, limiter: &LocalLimiter<IpAddr>) -> IpAddr {
    let is_crowded = limiter.len() > MAX_ADDRESSES;
    if is_crowded { Ipv6Addr::UNSPECIFIED.into() } else { network_of(address) }
}

/// An IPv6 client owns a whole /64; counting its addresses one by one would count nothing.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

enum Limiter<K: Hash + Eq + Clone> {
    Here(LocalLimiter<K>),
    Together(Box<RedisLimiter<K>>),
}

impl<K: Hash + Eq + Clone + Display + Send + Sync> Limiter<K> {
    /// None for a limit of 0.
    fn new(
        name: &'static str,
        per_minute: u32,
        redis: Option<&RedisAddress>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(per_minute) = NonZeroU32::new(per_minute) else { return Ok(None) };
        Ok(Some(match redis {
            None => Self::Here(LocalLimiter::new(per_minute)),
            Some(redis) => {
                let limiter = RedisLimiter::new(redis, name, per_minute).map_err(invalid)?;
                Self::Together(Box::new(limiter))
            }
        }))
    }

    async fn count(&self, key: &K) -> Standing {
        match self {
            Self::Here(limiter) => limiter.count_now(key),
            Self::Together(limiter) => limiter.count(key).await,
        }
    }

    /// What this process counts by itself.
    fn here(&self) -> &LocalLimiter<K> {
        match self {
            Self::Here(limiter) => limiter,
            Self::Together(limiter) => limiter.alone(),
        }
    }

    async fn run(&self, shutdown: CancellationToken) {
        let sweeping = async {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                self.here().sweep();
            }
        };
        let running = async {
            match self {
                Self::Here(_) => shutdown.cancelled().await,
                Self::Together(limiter) => limiter.run(shutdown.clone()).await,
            }
        };
        tokio::select! {
            () = sweeping => {}
            () = running => {}
        }
    }
}

/// The refusal, if a request was one too many.
pub(crate) fn refusal(standing: &Standing) -> Option<ApiError> {
    let seconds = standing.retry_after_seconds?;
    let detail = format!("Too many requests; try again in {seconds} s.");
    Some(ApiError::new(ErrorCode::RateLimited, detail).with_retry_after(seconds))
}

/// Says how someone stands in the headers of the answer.
pub(crate) fn describe(standing: &Standing, headers: &mut HeaderMap) {
    headers.insert(LIMIT, standing.limit.into());
    headers.insert(REMAINING, standing.remaining.into());
    headers.insert(RESET, standing.reset_seconds.into());
}
