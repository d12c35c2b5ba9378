//! `single/*` but its file: create, look, cancel, try again, delete.

use actix_web::{HttpRequest, HttpResponse, web};
use common_types::{
    account::ApiKeyScope,
    download::{DownloadAccepted, DownloadChanged, DownloadRequest, Status},
    internal::downloads::{KnownMedia, NewDownload},
};
use db_client::{DbClient, Owner};
use service_kit::{ApiError, ApiResult, FromUser, JsonBody};
use uuid::Uuid;

use super::{collections, idempotency};
use crate::{
    Link,
    errors::{no_such_download, not_one_video, refused_link},
    options,
    routes::Context,
    wire,
};

/// Accepts a download; it starts as soon as a worker is free.
pub(crate) async fn create_download(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    JsonBody(body): JsonBody<DownloadRequest>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let options = options::checked(&body)?;
    let platform = context.platform.as_ref();
    let link = platform.recognise(&body.url).map_err(|error| refused_link(error, "/url"))?;
    let Link::Video { id, .. } = link else { return Err(not_one_video("/url")) };
    let idempotency = idempotency::read(&request, &body)?;
    let found = context.info.recall(user.id(), &id).await;
    let known = found.map_or_else(KnownMedia::default, |info| wire::known_from_info(&info));
    let new = NewDownload {
        platform: platform.name().to_owned(),
        url: platform.video_url(&id),
        known: KnownMedia { thumbnail: Some(wire::thumbnail_path(platform, &id)), ..known },
        video_id: id,
        options,
        idempotency,
    };
    let made = client.create_download(user.id(), &new).await?;
    context.jobs.wake();
    // The same key must give the same answer, however far the download has come meanwhile.
    Ok(HttpResponse::Accepted().json(DownloadAccepted {
        success: true,
        download_id: made.id,
        status: Status::Pending,
        message: "The download was accepted.".to_owned(),
    }))
}

/// Says where a download stands.
pub(crate) async fn get_download(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record = client.download(owner(&user, &context), *id).await.map_err(missing)?;
    Ok(HttpResponse::Ok().json(record.download))
}

/// Cancels a download that has not ended; its worker dies at once.
pub(crate) async fn cancel_download(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let record = client.cancel_download(owner(&user, &context), *id).await.map_err(missing)?;
    context.jobs.abandon(*id);
    Ok(changed(*id, Some(record.download.status), "The download was cancelled."))
}

/// Tries a download again that failed or was cancelled.
pub(crate) async fn retry_download(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let record = client.retry_download(owner(&user, &context), *id).await.map_err(missing)?;
    context.jobs.wake();
    let body = DownloadChanged {
        success: true,
        download_id: *id,
        status: Some(record.download.status),
        message: "The download will be tried again.".to_owned(),
    };
    Ok(HttpResponse::Accepted().json(body))
}

/// Removes a download and its file, ending it first if it runs.
pub(crate) async fn delete_download(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let client = client.acting(&user.act());
    let removed = client.delete_download(owner(&user, &context), *id).await.map_err(missing)?;
    context.jobs.abandon(*id);
    collections::remove_files(&context, removed.file.into_iter().collect()).await;
    Ok(changed(*id, None, "The download was deleted."))
}

pub(super) fn owner<'a>(user: &FromUser, context: &'a Context) -> Owner<'a> {
    Owner { user_id: user.id(), platform: Some(context.platform.name()) }
}

/// db-service's "not found" in the words of this API.
pub(super) fn missing(error: db_client::DbError) -> ApiError {
    match error.code() {
        Some(common_types::ErrorCode::NotFound) => no_such_download(),
        _ => error.into(),
    }
}

fn changed(id: Uuid, status: Option<Status>, message: &str) -> HttpResponse {
    HttpResponse::Ok().json(DownloadChanged {
        success: true,
        download_id: id,
        status,
        message: message.to_owned(),
    })
}
