//! `GET users`, `PATCH users/{id}`, for administrators.

use actix_web::web::{Data, Json, Path, Query};
use common_types::{
    account::{ApiKeyScope, Profile, UserPatch},
    page::Page,
};
use service_kit::{ApiResult, FromUser, JsonBody};

use super::PageQuery;
use crate::service::AuthService;

pub(crate) async fn list_users(
    service: Data<AuthService>,
    from: FromUser,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Profile>>> {
    from.require(ApiKeyScope::Admin)?;
    Ok(Json(service.users(from.id(), page.limit, page.cursor.as_deref()).await?))
}

pub(crate) async fn patch_user(
    service: Data<AuthService>,
    from: FromUser,
    user: Path<i64>,
    JsonBody(patch): JsonBody<UserPatch>,
) -> ApiResult<Json<Profile>> {
    from.require(ApiKeyScope::Admin)?;
    Ok(Json(service.patch_user(from.id(), *user, &patch).await?))
}
