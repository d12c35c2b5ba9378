//! Waiting for a condition, never for a time.

use std::{
    future::Future,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(20);
/// Generous: a loaded machine must not fail a test, and a hung one still ends.
const LIMIT: Duration = Duration::from_secs(150);

/// Waits until `condition` holds; `what` names it when it does not.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    wait_for(what, || async { condition().await.then_some(()) }).await;
}

/// Waits until `attempt` yields something.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, attempt: impl Fn() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(started.elapsed() < LIMIT, "waited {LIMIT:?} in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
