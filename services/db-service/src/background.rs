//! The loops beside the server. Each may run in several processes at once.

use std::time::Duration;

use service_kit::Chain;
use tokio_util::sync::CancellationToken;

use crate::{
    gauges,
    service::Service,
    store::{
        files,
        rescue::{self, Rescued},
        retries, upkeep,
    },
};

const RESCUE_EVERY: Duration = Duration::from_secs(1);
const CLEAN_EVERY: Duration = Duration::from_secs(60);
const LET_GO_EVERY: Duration = Duration::from_millis(500);
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Takes jobs away from workers whose lease has lapsed: once a second, and at once again while there
/// are more than fit into one transaction.
pub(crate) async fn rescue_lapsed(service: Service, stop: CancellationToken) {
    let max_attempts = service.policy().max_attempts;
    let mut pause = RESCUE_EVERY;
    while !ended_within(&stop, pause).await {
        pause = RESCUE_EVERY;
        match service.write(move |conn, now| rescue::rescue(conn, max_attempts, now)).await {
            Ok(Rescued { requeued: 0, failed: 0, .. }) => {}
            Ok(rescued) => {
                gauges::note_rescue(&rescued);
                let Rescued { requeued, failed, .. } = rescued;
                log::warn!(requeued, failed; "jobs had lost their worker");
                if rescued.is_full() {
                    pause = Duration::ZERO;
                }
                service.tell_downloads(rescued.marks);
            }
            Err(error) => log::error!("cannot rescue jobs: {}", Chain(&error)),
        }
    }
}

/// Lets go what was held back until now: twice a second, and at once again while there is more. It
/// looks before it writes, for mostly there is nothing, and SQLite has one writer.
pub(crate) async fn let_go(service: Service, stop: CancellationToken) {
    while !ended_within(&stop, LET_GO_EVERY).await {
        let released = async {
            if service.read(retries::are_due).await? {
                service.write(retries::let_go).await
            } else {
                Ok(Vec::new())
            }
        };
        match released.await {
            Ok(marks) if marks.is_empty() => {}
            Ok(marks) => {
                log::info!(count = marks.len(); "downloads will be tried again");
                service.tell_downloads(marks);
            }
            Err(error) => log::error!("cannot let go what was held back: {}", Chain(&error)),
        }
    }
}

/// Forgets downloads that were kept as history for long enough: once an hour, and at once again
/// while there are more.
pub(crate) async fn forget_history(service: Service, stop: CancellationToken) {
    let mut pause = CLEAN_EVERY;
    while !ended_within(&stop, pause).await {
        pause = FORGET_EVERY;
        let forgotten = async {
            let ids = service.read(files::outlived).await?;
            if ids.is_empty() {
                return Ok(0);
            }
            service.write(move |conn, now| files::forget(conn, &ids, now)).await
        };
        match forgotten.await {
            Ok(0) => {}
            Ok(count) => {
                log::info!(count; "forgot downloads of long ago");
                pause = Duration::ZERO;
            }
            Err(error) => log::error!("cannot forget what is long over: {}", Chain(&error)),
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
