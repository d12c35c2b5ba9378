//! `GET thumbnail/{video_id}`.

use actix_web::{HttpResponse, http::header, web};
use common_types::account::ApiKeyScope;
use service_kit::{ApiError, ApiResult, FromUser};

use crate::{routes::Context, thumbnails::ThumbnailError};

const CACHE_FOR_A_DAY: &str = "private, max-age=86400";

/// Delivers the picture of a video, from this origin.
pub(crate) async fn get_thumbnail(
    user: FromUser,
    context: web::Data<Context>,
    video_id: web::Path<String>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    if !context.platform.is_video_id(&video_id) {
        return Err(no_picture());
    }
    let thumbnail = context.thumbnails.get(&video_id).await.map_err(refused)?;
    let bytes = context.thumbnails.read(&video_id, &thumbnail).await.map_err(refused)?;
    Ok(HttpResponse::Ok()
        .content_type(thumbnail.media_type)
        .insert_header((header::CACHE_CONTROL, CACHE_FOR_A_DAY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}

fn no_picture() -> ApiError {
    ApiError::not_found("There is no picture of this video.")
}

fn refused(error: ThumbnailError) -> ApiError {
    match error {
        ThumbnailError::Missing(failure) => no_picture().with_source(failure.detail.clone()),
        ThumbnailError::Keep(_) => ApiError::internal(error),
    }
}
