//! `GET downloads`.

use actix_web::{HttpResponse, web};
use common_types::{account::ApiKeyScope, download::DownloadQuery};
use db_client::DbClient;
use service_kit::{ApiResult, FromUser};

use super::single::owner;
use crate::routes::Context;

/// Lists the user's downloads, newest first.
pub(crate) async fn list_downloads(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    query: web::Query<DownloadQuery>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let list = client.list_downloads(owner(&user, &context), &query).await?;
    Ok(HttpResponse::Ok().json(list))
}
