//! Addresses that keep showing credentials which are none.
//!
//! To find out that a credential is bad costs a signature check, or a call for an API key, and that
//! is what a flood of them is for. So an address has so many failures a minute; then it is refused
//! unseen, until the next would be allowed. Others may share that address, behind one router or
//! relay: what was found good before is never asked about here, and of what is new a few are
//! looked at all the same, so many a second in all. A flood below that locks nobody out, and one
//! above it delays at most those who come with a credential that this gateway has not seen yet.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use cluster::LocalLimiter;
use common_types::ErrorCode;
use moka::sync::Cache;
use service_kit::ApiError;
use tokio_util::sync::CancellationToken;

use super::unauthenticated;
use crate::{limits, options::Suspicion};

const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
const MAX_SHUT_OUT: u64 = 100_000;
/// The longest that one failure can shut an address out.
const MAX_SHUT_OUT_TIME: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// What it costs to judge a credential, in signature checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// A token is checked here.
    Signature,
    /// A key is asked about.
    Call,
}

impl Cost {
    fn units(self) -> u32 {
        match self {
            Self::Signature => 1,
            Self::Call => 10,
        }
    }
}

/// Counts failures by address.
pub(crate) struct Suspects {
    failures: Option<LocalLimiter<IpAddr>>,
    /// Until when an address is refused unseen.
    shut_out: Cache<IpAddr, Instant>,
    second_looks: SecondLooks,
}

impl Suspects {
    pub(super) fn new(suspicion: Suspicion) -> Self {
        Self {
            failures: NonZeroU32::new(suspicion.failures_per_minute).map(LocalLimiter::new),
            shut_out: Cache::builder()
                .max_capacity(MAX_SHUT_OUT)
                .time_to_live(MAX_SHUT_OUT_TIME)
                .build(),
            second_looks: SecondLooks::new(suspicion.second_looks_per_second),
        }
    }

    /// Whether a credential that is new here may be judged.
    ///
    /// # Errors
    /// `rate_limited`, for an address that has failed too often.
    pub(super) fn admit(&self, address: IpAddr, cost: Cost) -> Result<(), ApiError> {
        let Some(until) = self.shut_out.get(&limits::network_of(address)) else { return Ok(()) };
        let now = Instant::now();
        if until <= now || self.second_looks.take(cost.units(), now) {
            return Ok(());
        }
        Err(refusal(until - now))
    }

    /// Counts a credential that was none, and says what its owner is told: as much, or that it is
    /// one too many.
    pub(super) fn fail(&self, address: IpAddr) -> ApiError {
        let Some(failures) = &self.failures else { return unauthenticated() };
        let counted = limits::counted_as(address, failures);
        let Some(seconds) = failures.count_now(&counted).retry_after_seconds else {
            return unauthenticated();
        };
        let wait = Duration::from_secs(seconds);
        self.shut_out.insert(limits::network_of(address), Instant::now() + wait);
        refusal(wait)
    }

    /// Forgets those who have not failed for a while, until shutdown.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(SWEEP_INTERVAL)).await.is_some() {
            if let Some(failures) = &self.failures {
                failures.sweep();
            }
        }
    }
}

fn refusal(wait: Duration) -> ApiError {
    let seconds = wait.as_secs().saturating_add(1).min(MAX_SHUT_OUT_TIME.as_secs());
    let detail = "Too many credentials from this address are not valid; try again later.";
    ApiError::new(ErrorCode::RateLimited, detail).with_retry_after(seconds)
}

/// So many a second, counted anew each second.
struct SecondLooks {
    a_second: u32,
    used: Mutex<(Instant, u32)>,
}

impl SecondLooks {
    fn new(a_second: u32) -> Self {
        Self { a_second, used: Mutex::new((Instant::now(), 0)) }
    }

    fn take(&self, units: u32, now: Instant) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(used.0) >= SECOND {
            *used = (now, 0);
        }
        let after = used.1.saturating_add(units);
        let is_allowed = after <= self.a_second;
        if is_allowed {
            used.1 = after;
        }
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspects(second_looks_per_second: u32) -> Suspects {
        Suspects::new(Suspicion { failures_per_minute: 2, second_looks_per_second })
    }

    fn codes(suspects: &Suspects, address: &str) -> Vec<&'static str> {
        let fail = |_| suspects.fail(address.parse().unwrap()).problem().code.slug();
        (0..4).map(fail).collect()
    }

    #[test]
    fn an_address_that_fails_too_often_is_refused_unseen_and_no_other() {
        let suspects = suspects(0);
        let told = ["unauthenticated", "unauthenticated", "rate_limited", "rate_limited"];
        assert_eq!(codes(&suspects, "192.0.2.1"), told);
        let admit = |address: &str| suspects.admit(address.parse().unwrap(), Cost::Signature);
        let refused = admit("192.0.2.1").unwrap_err();
        assert_eq!(refused.problem().status, 429);
        assert!(admit("192.0.2.2").is_ok());
    }

    #[test]
    fn a_network_of_ipv6_fails_together() {
        let suspects = suspects(0);
        codes(&suspects, "2001:db8::1");
        assert!(suspects.admit("2001:db8::2".parse().unwrap(), Cost::Signature).is_err());
        assert!(suspects.admit("2001:db8:0:1::1".parse().unwrap(), Cost::Signature).is_ok());
    }

    #[test]
    fn some_of_what_is_new_is_looked_at_all_the_same_and_a_call_counts_for_many() {
        let looks = SecondLooks::new(25);
        let now = Instant::now();
        let mut taken = [Cost::Call, Cost::Call, Cost::Call, Cost::Signature]
            .map(|cost| looks.take(cost.units(), now));
        assert_eq!(taken, [true, true, false, true]);
        taken = [Cost::Call; 4].map(|cost| looks.take(cost.units(), now + SECOND));
        assert_eq!(taken, [true, true, false, false]);
    }

    #[test]
    fn nobody_is_refused_where_failures_are_not_counted() {
        let off = Suspects::new(Suspicion { failures_per_minute: 0, second_looks_per_second: 0 });
        assert_eq!(codes(&off, "192.0.2.1"), ["unauthenticated"; 4]);
    }
}
