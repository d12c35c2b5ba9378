//! `/internal/users/{user}/api-keys` and their verification.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use common_types::{
    account::ApiKey,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, NewApiKey},
};
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use crate::{service::Service, store::api_keys};

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    JsonBody(new): JsonBody<NewApiKey>,
) -> ApiResult<HttpResponse> {
    let key = service.write(move |conn, now| api_keys::create(conn, *user, &new, now)).await?;
    Ok(HttpResponse::Created().json(key))
}

pub(super) async fn list(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Vec<ApiKey>>> {
    Ok(Json(service.read(move |conn, _now| api_keys::list(conn, *user)).await?))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
) -> ApiResult<HttpResponse> {
    let (user, key) = path.into_inner();
    service.write(move |conn, now| api_keys::delete(conn, user, key, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn verify(
    service: Data<Service>,
    JsonBody(lookup): JsonBody<ApiKeyLookup>,
) -> ApiResult<Json<ApiKeyVerdict>> {
    Ok(Json(service.write(move |conn, now| api_keys::verify(conn, &lookup, now)).await?))
}
