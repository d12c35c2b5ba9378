//! `GET audit`, for administrators.

use actix_web::web::{Data, Json, Query};
use common_types::{
    account::ApiKeyScope,
    audit::{AuditEvent, AuditQuery},
    page::Page,
};
use service_kit::{ApiResult, FromUser};

use super::acting::Acting;
use crate::service::AuthService;

pub(crate) async fn list_audit(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Json<Page<AuditEvent>>> {
    from.require(ApiKeyScope::Admin)?;
    Ok(Json(service.audit(from.id(), &act, &query).await?))
}
