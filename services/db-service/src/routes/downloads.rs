//! `/internal/users/{user}/downloads`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use common_types::{
    download::{DownloadList, DownloadQuery},
    internal::downloads::{DownloadRecord, DownloadRemoved, NewDownload},
};
use serde::Deserialize;
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use crate::{
    service::Service,
    store::{
        downloads::{self, Created, Scope},
        listing,
    },
};

/// `?platform=`: what the caller is not the service of does not exist for it.
#[derive(Deserialize)]
pub(super) struct PlatformQuery {
    platform: Option<String>,
}

impl PlatformQuery {
    fn of(self, user_id: i64) -> Scope {
        Scope { user_id, platform: self.platform }
    }
}

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewDownload>,
) -> ApiResult<HttpResponse> {
    let created = service.write(move |conn, now| downloads::create(conn, *user, &new, now)).await?;
    Ok(match created {
        Created::New(record) => HttpResponse::Created().json(record),
        Created::Before(record) => HttpResponse::Ok().json(record),
    })
}

pub(super) async fn list(
    service: Data<Service>,
    user: Path<i64>,
    Query(platform): Query<PlatformQuery>,
    Query(query): Query<DownloadQuery>,
) -> ApiResult<Json<DownloadList>> {
    let scope = platform.of(*user);
    Ok(Json(service.read(move |conn, _now| listing::list(conn, &scope, &query)).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    Ok(Json(service.read(move |conn, _now| downloads::get(conn, &scope, id)).await?))
}

pub(super) async fn cancel(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    Ok(Json(service.write(move |conn, now| downloads::cancel(conn, &scope, id, now)).await?))
}

pub(super) async fn retry(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRecord>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    Ok(Json(service.write(move |conn, now| downloads::retry(conn, &scope, id, now)).await?))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    Query(platform): Query<PlatformQuery>,
) -> ApiResult<Json<DownloadRemoved>> {
    let (user, id) = path.into_inner();
    let scope = platform.of(user);
    Ok(Json(service.write(move |conn, _now| downloads::delete(conn, &scope, id)).await?))
}
