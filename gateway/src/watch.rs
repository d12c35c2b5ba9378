//! Whether each process of a service that has several can do its work, asked again and again, so that
//! one that drains, hangs or is gone is left out before requests find that out.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::{
    neighbours::{Condition, Neighbours},
    shared::Shared,
    upstream::{Process, Processes},
};

/// Watches until shutdown.
pub(crate) async fn watch(shared: Arc<Shared>, shutdown: CancellationToken) {
    let neighbours = Neighbours::connect(&shared);
    let every = shared.options.timeouts.readiness_poll;
    let services = shared.services.all().into_iter();
    let several = services.filter(|service| service.members().len() > 1);
    let watched = several.flat_map(Processes::members);
    let watching = join_all(watched.map(|process| watch_one(&neighbours, process, every)));
    tokio::select! {
        () = shutdown.cancelled() => {}
        _ = watching => shutdown.cancelled().await,
    }
}

/// Never ends.
async fn watch_one(neighbours: &Neighbours, process: &Process, every: Duration) {
    loop {
        let said = match neighbours.probe(process).await {
            // A machine under load may be late once.
            Condition::Silent => neighbours.probe(process).await,
            said => said,
        };
        let is_ready = said == Condition::Ready;
        if is_ready != process.is_ready() {
            let base = &process.target.base;
            log::warn!(process = base.as_str(), is_ready; "the readiness of a process has changed");
        }
        process.set_ready(is_ready);
        tokio::time::sleep(every).await;
    }
}
