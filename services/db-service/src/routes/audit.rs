//! `/internal/logins` and `/internal/audit`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Query},
};
use common_types::{
    audit::{AuditEvent, AuditQuery},
    internal::audit::{LoginAdmission, LoginAttempt, LoginRefused},
    page::Page,
};
use service_kit::{ApiResult, JsonBody};

use super::actor::ByActor;
use crate::{
    connection::AnyConnection,
    service::Service,
    store::{accounts, audit, logins},
};

pub(super) async fn attempt(
    service: Data<Service>,
    ByActor(actor): ByActor,
    JsonBody(attempt): JsonBody<LoginAttempt>,
) -> ApiResult<Json<LoginAdmission>> {
    let attempt = move |conn: &mut _, now| logins::attempt(conn, &actor, &attempt, now);
    Ok(Json(service.write(attempt).await?))
}

pub(super) async fn refused(
    service: Data<Service>,
    ByActor(actor): ByActor,
    JsonBody(refused): JsonBody<LoginRefused>,
) -> ApiResult<HttpResponse> {
    service.write(move |conn, now| logins::refuse(conn, &actor, &refused, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn list(
    service: Data<Service>,
    ByActor(actor): ByActor,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Json<Page<AuditEvent>>> {
    let list = move |conn: &mut AnyConnection, _now| {
        accounts::require_admin(conn, &actor)?;
        audit::list(conn, &query)
    };
    Ok(Json(service.read(list).await?))
}
