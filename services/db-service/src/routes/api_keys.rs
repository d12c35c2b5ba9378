//! `/internal/users/{user}/api-keys` and their verification.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use common_types::{
    account::ApiKey,
    audit::AuditAction,
    internal::accounts::{ApiKeyLookup, ApiKeyVerdict, NewApiKey},
};
use service_kit::{ApiResult, JsonBody};
use uuid::Uuid;

use super::actor::ByActor;
use crate::{
    connection::AnyConnection,
    service::Service,
    store::{
        api_keys,
        audit::{self, Entry},
    },
};

pub(super) async fn create(
    service: Data<Service>,
    user: Path<i64>,
    ByActor(actor): ByActor,
    JsonBody(new): JsonBody<NewApiKey>,
) -> ApiResult<HttpResponse> {
    let create = move |conn: &mut AnyConnection, now| {
        let key = api_keys::create(conn, *user, &new, now)?;
        let entry = Entry::done(AuditAction::ApiKeyCreated, *user).to("api_key", key.id);
        audit::note(conn, &actor, entry, now)?;
        Ok(key)
    };
    let key = service.write(create).await?;
    Ok(HttpResponse::Created().json(key))
}

pub(super) async fn list(service: Data<Service>, user: Path<i64>) -> ApiResult<Json<Vec<ApiKey>>> {
    Ok(Json(service.read(move |conn, _now| api_keys::list(conn, *user)).await?))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, Uuid)>,
    ByActor(actor): ByActor,
) -> ApiResult<HttpResponse> {
    let (user, key) = path.into_inner();
    let delete = move |conn: &mut AnyConnection, now| {
        api_keys::delete(conn, user, key, now)?;
        let entry = Entry::done(AuditAction::ApiKeyDeleted, user).to("api_key", key);
        audit::note(conn, &actor, entry, now)
    };
    service.write(delete).await?;
    service.tell_revoked();
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn verify(
    service: Data<Service>,
    JsonBody(lookup): JsonBody<ApiKeyLookup>,
) -> ApiResult<Json<ApiKeyVerdict>> {
    Ok(Json(service.write(move |conn, now| api_keys::verify(conn, &lookup, now)).await?))
}
