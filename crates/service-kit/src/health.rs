//! `/livez` says that the process turns over; `/readyz` that it can do its work.

use std::future::Future;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use common_types::ErrorCode;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{ApiError, ApiResult, Endpoint};

/// Cancelled once the process has begun to drain: it is then alive, but no longer ready.
#[derive(Debug, Clone, Default)]
pub struct Draining(pub CancellationToken);

#[derive(Serialize)]
struct Probe {
    status: &'static str,
}

pub(crate) fn mount_livez(config: &mut ServiceConfig) {
    Endpoint::at("/livez")
        .get(|| async { HttpResponse::Ok().json(Probe { status: "alive" }) })
        .mount(config);
}

/// Mounts `/readyz`. `check` looks at what the service cannot work without, and says in a sentence
/// what is amiss.
pub fn mount_readyz<F, Fut>(config: &mut ServiceConfig, check: F)
where
    F: Fn() -> Fut + Clone + 'static,
    Fut: Future<Output = Result<(), String>> + 'static,
{
    let ready = move |draining: web::Data<Draining>| {
        let check = check.clone();
        async move { readyz(&draining, check()).await }
    };
    Endpoint::at("/readyz").get(ready).mount(config);
}

async fn readyz(
    draining: &Draining,
    check: impl Future<Output = Result<(), String>>,
) -> ApiResult<HttpResponse> {
    if draining.0.is_cancelled() {
        return Err(ApiError::new(ErrorCode::Unavailable, "This process is shutting down."));
    }
    check.await.map_err(|amiss| ApiError::new(ErrorCode::Unavailable, amiss))?;
    Ok(HttpResponse::Ok().json(Probe { status: "ready" }))
}
