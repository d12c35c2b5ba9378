//! The loops beside the server. Each may run in several processes at once.

use std::time::Duration;

use service_kit::Chain;
use tokio_util::sync::CancellationToken;

use crate::{
    service::Service,
    store::{
        rescue::{self, Rescued},
        upkeep,
    },
};

const RESCUE_EVERY: Duration = Duration::from_secs(1);
const CLEAN_EVERY: Duration = Duration::from_secs(60);

/// Takes jobs away from workers whose lease has lapsed: once a second, and at once again while there
/// are more than fit into one transaction.
pub(crate) async fn rescue_lapsed(service: Service, max_attempts: u32, stop: CancellationToken) {
    let mut pause = RESCUE_EVERY;
    while !ended_within(&stop, pause).await {
        pause = RESCUE_EVERY;
        match service.write(move |conn, now| rescue::rescue(conn, max_attempts, now)).await {
            Ok(Rescued { requeued: 0, failed: 0 }) => {}
            Ok(rescued) => {
                let Rescued { requeued, failed } = rescued;
                log::warn!(requeued, failed; "jobs had lost their worker");
                if rescued.is_full() {
                    pause = Duration::ZERO;
                }
            }
            Err(error) => log::error!("cannot rescue jobs: {}", Chain(&error)),
        }
    }
}

/// Deletes what has expired by itself: once a minute, and at once again while there is more.
pub(crate) async fn clean(service: Service, stop: CancellationToken) {
    let mut pause = CLEAN_EVERY;
    while !ended_within(&stop, pause).await {
        pause = CLEAN_EVERY;
        match service.write(upkeep::purge).await {
            Ok(purged) => {
                log::debug!("forgot what had expired: {purged:?}");
                if purged.is_full() {
                    pause = Duration::ZERO;
                }
            }
            Err(error) => log::error!("cannot forget what has expired: {}", Chain(&error)),
        }
    }
}

/// Waits, and says whether the loop is to end.
async fn ended_within(stop: &CancellationToken, pause: Duration) -> bool {
    tokio::time::timeout(pause, stop.cancelled()).await.is_ok()
}
