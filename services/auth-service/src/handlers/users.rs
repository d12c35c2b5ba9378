//! `GET users`, `PATCH users/{id}`, for administrators.

use actix_web::web::{Data, Json, Path, Query};
use common_types::{
    account::{ApiKeyScope, Profile, UserPatch},
    page::Page,
};
use service_kit::{ApiResult, FromUser, JsonBody};

use super::{PageQuery, acting::Acting};
use crate::service::AuthService;

pub(crate) async fn list_users(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Profile>>> {
    from.require(ApiKeyScope::Admin)?;
    Ok(Json(service.users(from.id(), &act, page.limit, page.cursor.as_deref()).await?))
}

pub(crate) async fn patch_user(
    service: Data<AuthService>,
    from: FromUser,
    Acting(act): Acting,
    user: Path<i64>,
    JsonBody(patch): JsonBody<UserPatch>,
) -> ApiResult<Json<Profile>> {
    from.require(ApiKeyScope::Admin)?;
    Ok(Json(service.patch_user(from.id(), &act, *user, &patch).await?))
}
