//! How often someone may ask: a user anything, an address for a login.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use common_types::ErrorCode;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use service_kit::ApiError;
use tokio_util::sync::CancellationToken;

const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Beyond so many addresses in a minute, new ones share one allowance.
const MAX_ADDRESSES: usize = 100_000;

/// The limits that are in force; `None` where one is switched off.
pub(crate) struct Limits {
    users: Option<Limiter<i64>>,
    addresses: Option<Limiter<IpAddr>>,
}

impl Limits {
    /// Both in requests a minute, 0 for no limit.
    pub(crate) fn new(per_user: u32, per_address: u32) -> Self {
        Self {
            users: NonZeroU32::new(per_user).map(Limiter::new),
            addresses: NonZeroU32::new(per_address).map(Limiter::new),
        }
    }

    /// Counts a request of a user.
    pub(crate) fn of_user(&self, user_id: i64) -> Option<Standing> {
        self.users.as_ref().map(|limiter| limiter.count(&user_id))
    }

    /// Counts an attempt to log in or register from an address.
    pub(crate) fn of_address(&self, address: IpAddr) -> Option<Standing> {
        let limiter = self.addresses.as_ref()?;
        let is_crowded = limiter.inner.len() > MAX_ADDRESSES;
        let everyone = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Some(limiter.count(&if is_crowded { everyone } else { network_of(address) }))
    }

    /// Forgets those who have their whole allowance again, every few seconds.
    pub(crate) async fn sweep(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            }
            self.users.iter().for_each(Limiter::sweep);
            self.addresses.iter().for_each(Limiter::sweep);
        }
    }
}

/// An IPv6 client owns a whole /64; counting its addresses one by one would count nothing.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

struct Limiter<K: Hash + Eq + Clone> {
    inner: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    per_minute: NonZeroU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(per_minute: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(per_minute));
        Self { inner: limiter.with_middleware(), per_minute }
    }

    fn count(&self, key: &K) -> Standing {
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
                let seconds = wait.as_secs().saturating_add(1);
                let retry_after_seconds = Some(seconds);
                Standing { limit, remaining: 0, reset_seconds: 60, retry_after_seconds }
            }
        }
    }

    fn sweep(&self) {
        self.inner.retain_recent();
        self.inner.shrink_to_fit();
    }
}

/// How someone stands after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    /// Until the whole allowance is there again.
    reset_seconds: u64,
    /// Set when the request was one too many.
    retry_after_seconds: Option<u64>,
}

impl Standing {
    /// The refusal, if the request was one too many.
    pub(crate) fn refusal(&self) -> Option<ApiError> {
        let seconds = self.retry_after_seconds?;
        let detail = format!("Too many requests; try again in {seconds} s.");
        Some(ApiError::new(ErrorCode::RateLimited, detail).with_retry_after(seconds))
    }

    /// Says it in the headers of the answer.
    pub(crate) fn describe(&self, headers: &mut HeaderMap) {
        let mut insert = |name, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        insert("ratelimit-limit", self.limit.into());
        insert("ratelimit-remaining", self.remaining.into());
        insert("ratelimit-reset", self.reset_seconds);
    }
}
