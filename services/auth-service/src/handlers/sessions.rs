//! `GET sessions`, `DELETE sessions/{id}`.

use actix_web::web::{Data, Json, Path};
use common_types::{
    account::{ApiKeyScope, Done, Session},
    page::Page,
};
use service_kit::{ApiResult, FromUser};
use uuid::Uuid;

use super::acting::Acting;
use crate::service::{AuthService, sessions};

pub(crate) async fn list_sessions(
    service: Data<AuthService>,
    from: FromUser,
) -> ApiResult<Json<Page<Session>>> {
    from.require(ApiKeyScope::Read)?;
    Ok(Json(service.sessions(&from.user).await?))
}

pub(crate) async fn end_session(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    session: Path<Uuid>,
) -> ApiResult<Json<Done>> {
    sessions::required(&from.user)?;
    service.end_session(from.id(), &act, *session).await?;
    Ok(Json(Done::new("The session has ended.")))
}
