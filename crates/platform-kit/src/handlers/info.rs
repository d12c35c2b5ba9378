//! `POST single/info`.

use actix_web::{HttpResponse, web};
use common_types::{account::ApiKeyScope, download::InfoRequest};
use db_client::DbClient;
use service_kit::{ApiResult, FromUser, JsonBody};

use crate::{
    Link,
    errors::{media_refused, not_one_video, refused_link},
    routes::Context,
    wire,
};

/// Says what the site has of one video; a playlist in the link is named beside it.
pub(crate) async fn probe_video(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    JsonBody(request): JsonBody<InfoRequest>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let platform = context.platform.as_ref();
    let link = platform.recognise(&request.url).map_err(|error| refused_link(error, "/url"))?;
    let Link::Video { id, playlist } = link else { return Err(not_one_video("/url")) };
    let viewer = context.cookies.viewer(&client, user.id()).await?;
    let info = context.info.probe(viewer.as_ref(), &id).await.map_err(media_refused)?;
    Ok(HttpResponse::Ok().json(wire::media_info(platform, &info, playlist)))
}
