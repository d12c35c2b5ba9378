//! `GET api-keys`, `POST api-keys`, `DELETE api-keys/{id}`.

use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Data, Json, Path},
};
use common_types::{
    account::{ApiKey, ApiKeyRequest, ApiKeyScope, Done},
    page::Page,
};
use service_kit::{ApiResult, FromUser, JsonBody};
use uuid::Uuid;

use super::acting::Acting;
use crate::service::{AuthService, sessions};

pub(crate) async fn list_api_keys(
    service: Data<AuthService>,
    from: FromUser,
) -> ApiResult<Json<Page<ApiKey>>> {
    from.require(ApiKeyScope::Read)?;
    Ok(Json(service.api_keys(from.id()).await?))
}

pub(crate) async fn create_api_key(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    JsonBody(request): JsonBody<ApiKeyRequest>,
) -> ApiResult<HttpResponse> {
    sessions::required(&from.user)?;
    let key = service.create_api_key(from.id(), &act, &request).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(key))
}

pub(crate) async fn delete_api_key(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    key: Path<Uuid>,
) -> ApiResult<Json<Done>> {
    sessions::required(&from.user)?;
    service.delete_api_key(from.id(), &act, *key).await?;
    Ok(Json(Done::new("The API key is deleted.")))
}
