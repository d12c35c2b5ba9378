//! What tests set and nobody configures.

use std::time::Duration;

use service_kit::{Clock, connection::ConnectionLimits};

/// How a gateway behaves beside its configuration.
#[derive(Debug, Clone)]
pub struct Options {
    pub clock: Clock,
    pub timeouts: Timeouts,
    pub connections: ConnectionLimits,
    /// Bodies of requests are this large at most.
    pub max_body_bytes: u64,
    pub suspicion: Suspicion,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            timeouts: Timeouts::default(),
            connections: ConnectionLimits::for_strangers(),
            max_body_bytes: 1024 * 1024,
            suspicion: Suspicion::default(),
        }
    }
}

/// One deadline for each phase of a request.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// To connect to a service.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub answer: Duration,
    /// As `answer`, for calls that wait for a site.
    pub slow_answer: Duration,
    /// For the whole body of a request to arrive.
    pub upload: Duration,
    /// Between two pieces of an answer's body.
    pub idle: Duration,
    /// Between two looks at the list of ended sessions; a logout holds everywhere within two
    /// seconds.
    pub revocation_poll: Duration,
    /// Between two questions whether a process can do its work, where a service has several.
    pub readiness_poll: Duration,
    /// Between two looks for a store on a disk that a service shares.
    pub store_poll: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(30),
            slow_answer: Duration::from_secs(60),
            upload: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            revocation_poll: Duration::from_millis(500),
            readiness_poll: Duration::from_secs(1),
            store_poll: Duration::from_secs(5),
        }
    }
}

/// What bad credentials may cost.
#[derive(Debug, Clone, Copy)]
pub struct Suspicion {
    /// From one address, before it is refused unseen; 0 switches that off.
    pub failures_per_minute: u32,
    /// Of all addresses that are refused so; tokens, of which an API key counts for ten.
    pub second_looks_per_second: u32,
}

impl Default for Suspicion {
    /// Far more failures than anybody's forgotten tabs and scripts make; looks that take a fortieth
    /// of a core.
    fn default() -> Self {
        Self { failures_per_minute: 600, second_looks_per_second: 500 }
    }
}
