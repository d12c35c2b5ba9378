//! `GET profile`, `GET activity`.

use actix_web::web::{Data, Json, Query};
use common_types::{
    account::{ApiKeyScope, Profile},
    download::Download,
    page::Page,
};
use service_kit::{ApiResult, FromUser};

use super::PageQuery;
use crate::service::AuthService;

pub(crate) async fn get_profile(
    service: Data<AuthService>,
    from: FromUser,
) -> ApiResult<Json<Profile>> {
    from.require(ApiKeyScope::Read)?;
    Ok(Json(service.profile(from.id()).await?))
}

pub(crate) async fn list_activity(
    service: Data<AuthService>,
    from: FromUser,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Download>>> {
    from.require(ApiKeyScope::Read)?;
    Ok(Json(service.activity(from.id(), page.limit, page.cursor).await?))
}
