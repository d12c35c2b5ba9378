//! `/internal/users/{user}/sessions` and `/internal/revocations`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::internal::accounts::{
    EndSessions, NewSession, RevocationFeed, SessionRecord, SessionsEnded,
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use crate::{
    service::Service,
    store::{
        revocations::{self, FEED_LIMIT},
        sessions,
    },
};

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewSession>,
) -> ApiResult<HttpResponse> {
    let session = service.write(move |conn, now| sessions::create(conn, *user, &new, now)).await?;
    Ok(HttpResponse::Created().json(session))
}

pub(super) async fn list(
    service: Data<Service>,
    user: Path<i64>,
) -> ApiResult<Json<Vec<SessionRecord>>> {
    Ok(Json(service.read(move |conn, now| sessions::list(conn, *user, now)).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
) -> ApiResult<Json<SessionRecord>> {
    let (user, session) = path.into_inner();
    Ok(Json(service.read(move |conn, _now| sessions::get(conn, user, session)).await?))
}

pub(super) async fn end(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
) -> ApiResult<Json<SessionRecord>> {
    let (user, session) = path.into_inner();
    Ok(Json(service.write(move |conn, now| sessions::end(conn, user, session, now)).await?))
}

pub(super) async fn end_all(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(end): JsonBody<EndSessions>,
) -> ApiResult<Json<SessionsEnded>> {
    let end = move |conn: &mut _, now| sessions::end_all(conn, *user, end.except, now);
    Ok(Json(SessionsEnded { ended: service.write(end).await? }))
}

#[derive(Deserialize)]
pub(super) struct FeedQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

pub(super) async fn revocations(
    service: Data<Service>,
    Query(query): Query<FeedQuery>,
) -> ApiResult<Json<RevocationFeed>> {
    let limit = query.limit.unwrap_or(FEED_LIMIT);
    let feed = service.read(move |conn, _now| revocations::feed(conn, query.after, limit)).await?;
    Ok(Json(feed))
}
