//! `GET health`.

use actix_web::{HttpResponse, web};
use common_types::health::{Health, PlatformServiceHealth, QueueDepth, Workers};
use db_client::DbClient;

use crate::routes::Context;

/// Says what the engine is made of and how busy this node is; open, for whoever watches.
pub(crate) async fn get_health(
    context: web::Data<Context>,
    client: web::Data<DbClient>,
) -> HttpResponse {
    let depth = client.job_depth(context.platform.name()).await;
    let engine = context.engine.versions();
    let is_complete = engine.yt_dlp.is_some() && engine.ffmpeg.is_some();
    let status = if depth.is_ok() && is_complete { Health::Healthy } else { Health::Degraded };
    HttpResponse::Ok().json(PlatformServiceHealth {
        status,
        service: context.platform.service_name().to_owned(),
        engine,
        workers: Workers {
            max: u32::try_from(context.engine.max_jobs()).unwrap_or(u32::MAX),
            busy: u32::try_from(context.engine.busy()).unwrap_or(u32::MAX),
        },
        queue: QueueDepth { pending: depth.as_ref().map_or(0, |depth| depth.pending) },
        pause: depth.ok().and_then(|depth| depth.pause),
    })
}
