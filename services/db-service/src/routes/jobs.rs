//! `/internal/jobs`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::internal::{
    changes::Mark,
    downloads::DownloadRecord,
    jobs::{
        ClaimRequest, Finish, Heartbeat, HeartbeatAnswer, Job, JobDepth, Release, UnfinishedRequest,
    },
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use crate::{
    connection::AnyConnection,
    service::Service,
    store::{claims, heartbeats, outcomes},
};

pub(super) async fn claim(
    service: Data<Service>,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> ApiResult<Json<Vec<Job>>> {
    service.platforms().note(&request.platform);
    let jobs = service.write_once(move |conn, now| claims::claim(conn, &request, now)).await?;
    service.tell_downloads(jobs.iter().map(|job| Mark { user_id: job.user_id, id: job.id }));
    Ok(Json(jobs))
}

pub(super) async fn heartbeat(
    service: Data<Service>,
    JsonBody(beat): JsonBody<Heartbeat>,
) -> ApiResult<Json<HeartbeatAnswer>> {
    let (answer, marks) =
        service.write(move |conn, now| heartbeats::beat(conn, &beat, now)).await?;
    service.tell_downloads(marks);
    Ok(Json(answer))
}

pub(super) async fn finish(
    service: Data<Service>,
    job: Path<Uuid>,
    JsonBody(finish): JsonBody<Finish>,
) -> ApiResult<Json<DownloadRecord>> {
    let policy = service.policy();
    let end =
        move |conn: &mut AnyConnection, now| outcomes::finish(conn, *job, &finish, &policy, now);
    let record = service.write_once(end).await?;
    service.tell_download(&record);
    Ok(Json(record))
}

pub(super) async fn release(
    service: Data<Service>,
    job: Path<Uuid>,
    JsonBody(release): JsonBody<Release>,
) -> ApiResult<HttpResponse> {
    let id = *job;
    let hand_back =
        move |conn: &mut AnyConnection, _now| outcomes::release(conn, id, &release.holder);
    let user_id = service.write_once(hand_back).await?;
    service.tell_downloads([Mark { user_id, id }]);
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
pub(super) struct DepthQuery {
    platform: String,
}

pub(super) async fn depth(
    service: Data<Service>,
    Query(query): Query<DepthQuery>,
) -> ApiResult<Json<JobDepth>> {
    Ok(Json(service.read(move |conn, now| claims::depth(conn, &query.platform, now)).await?))
}

pub(super) async fn unfinished(
    service: Data<Service>,
    JsonBody(asked): JsonBody<UnfinishedRequest>,
) -> ApiResult<Json<Vec<Uuid>>> {
    Ok(Json(service.read(move |conn, _now| claims::unfinished(conn, &asked.ids)).await?))
}
