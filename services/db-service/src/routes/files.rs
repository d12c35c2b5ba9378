//! `/internal/files`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Query},
};
use common_types::internal::{
    downloads::StoredFile,
    files::{ExpireRequest, FileOfDownload, FilesQuery, KnownFilesRequest, LostFiles},
};
use service_kit::{ApiResult, JsonBody};

use crate::{service::Service, store::files};

pub(super) async fn expire(
    service: Data<Service>,
    JsonBody(request): JsonBody<ExpireRequest>,
) -> ApiResult<Json<Vec<StoredFile>>> {
    let (files, marks) = service.write(move |conn, now| files::expire(conn, &request, now)).await?;
    service.tell_downloads(marks);
    Ok(Json(files))
}

pub(super) async fn known(
    service: Data<Service>,
    JsonBody(asked): JsonBody<KnownFilesRequest>,
) -> ApiResult<Json<Vec<String>>> {
    Ok(Json(service.read(move |conn, _now| files::known(conn, &asked.owners)).await?))
}

pub(super) async fn list(
    service: Data<Service>,
    Query(query): Query<FilesQuery>,
) -> ApiResult<Json<Vec<FileOfDownload>>> {
    Ok(Json(service.read(move |conn, _now| files::page(conn, &query)).await?))
}

pub(super) async fn note_lost(
    service: Data<Service>,
    JsonBody(lost): JsonBody<LostFiles>,
) -> ApiResult<HttpResponse> {
    service.write(move |conn, now| files::note_lost(conn, &lost.downloads, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}
