//! Patience with a server that is away for a while.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::S3Failure;

/// How long the same may fail in passing before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);

/// Does it again and again while the server is not available. For whoever has something to lose.
pub(super) async fn persist<T, F>(attempt: impl Fn() -> F) -> Result<T, S3Failure>
where
    F: Future<Output = object_store::Result<T>>,
{
    let mut failing_since = None;
    loop {
        let failure = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => S3Failure::from(error),
        };
        let since = failing_since.get_or_insert_with(Instant::now);
        if !failure.is_passing() || since.elapsed() >= PATIENCE {
            return Err(failure);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
