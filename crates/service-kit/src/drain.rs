//! The end of a process, in peace: first it says that it is not ready, so that nobody sends it
//! anything new, and goes on with what it has; then it stops.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
    web::{self, ServiceConfig},
};
use common_types::paths::{DRAIN, INTERNAL};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{Endpoint, FromPeer};

/// Within this time whoever balances over several processes has noticed that one is not ready: the
/// gateway asks every second.
const NOTICE: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(100);

type IsBusy = Box<dyn Fn() -> bool + Send + Sync>;

/// Whether the process drains: it is then alive, but not ready. Clones are the same.
#[derive(Clone, Default)]
pub struct Draining {
    begun: CancellationToken,
    is_busy: Arc<OnceLock<IsBusy>>,
}

/// How far a process is with draining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainState {
    /// Whether it still has work that it would have to hand back.
    pub is_busy: bool,
}

impl Draining {
    pub fn begin(&self) {
        self.begun.cancel();
    }

    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Cancelled once it has begun.
    pub fn token(&self) -> CancellationToken {
        self.begun.clone()
    }

    /// How to tell whether there is work that takes long. Only the first who says so is heard.
    pub(crate) fn set_busy(&self, is_busy: impl Fn() -> bool + Send + Sync + 'static) {
        // One service is one process's work.
        let _already = self.is_busy.set(Box::new(is_busy));
    }

    fn state(&self) -> DrainState {
        DrainState { is_busy: self.is_busy.get().is_some_and(|is_busy| is_busy()) }
    }

    /// Goes on for those who have not noticed yet, and for work that takes long: for `limit` at most.
    pub(crate) async fn linger(&self, limit: Duration) {
        let begun = Instant::now();
        let is_time = |now: Duration| now >= limit || (now >= NOTICE && !self.state().is_busy);
        while !is_time(begun.elapsed()) {
            sleep(LOOK_EVERY).await;
        }
    }
}

impl fmt::Debug for Draining {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Draining").field("has_begun", &self.has_begun()).finish()
    }
}

/// An operator's way to begin; the process stays, for whoever ends it afterwards.
pub(crate) fn mount(config: &mut ServiceConfig) {
    Endpoint::at(&format!("{INTERNAL}{DRAIN}")).post(drain).mount(config);
}

async fn drain(_peer: FromPeer, draining: web::Data<Draining>) -> HttpResponse {
    if !draining.has_begun() {
        log::info!("draining, as an operator asks");
        draining.begin();
    }
    HttpResponse::Accepted().json(draining.state())
}

/// Has clients leave: a connection that is not kept cannot end just when it is used again.
///
/// # Errors
/// Those of the service within.
pub(crate) async fn part<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let has_begun = request.app_data::<web::Data<Draining>>().is_some_and(|d| d.has_begun());
    let mut response = next.call(request).await?;
    let head = response.response_mut().head_mut();
    if has_begun && !head.upgrade() {
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
