//! Everything of a batch or playlist as one ZIP.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use common_types::{
    ErrorCode, Timestamp,
    account::ApiKeyScope,
    download::Status,
    internal::downloads::{DownloadRecord, StoredFile},
};
use db_client::DbClient;
use media_store::{Archive, Content, Entry, file_name, numbered_name, unique_names};
use serde::Deserialize;
use service_kit::{ApiError, ApiResult, FromUser};
use uuid::Uuid;

use super::{collections::missing, single::owner};
use crate::{
    delivery::{self, Representation},
    routes::Context,
};

const MEDIA_TYPE: &str = "application/zip";

/// The query of a ZIP.
#[derive(Debug, Deserialize)]
pub(crate) struct ArchiveQuery {
    /// What there is by now, rather than all or nothing.
    #[serde(default)]
    partial: bool,
}

/// Delivers the files of a batch.
pub(crate) async fn get_batch_archive(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
    query: web::Query<ArchiveQuery>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record = client.batch(owner(&user, &context), *id).await.map_err(missing)?;
    let files = delivered(record.status, query.partial, &record.items)?;
    let names = unique_names(files.iter().map(|(_, file)| file.filename.clone()));
    let filename = format!("magpie-batch-{id}.zip");
    serve(&request, &context, filename, files, names)
}

/// Delivers the files of a playlist, numbered by their index in it.
pub(crate) async fn get_playlist_archive(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
    query: web::Query<ArchiveQuery>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record = client.playlist(owner(&user, &context), *id).await.map_err(missing)?;
    let files = delivered(record.status, query.partial, &record.items)?;
    let last = record.items.iter().filter_map(|item| item.download.position).max();
    let total = u64::from(last.unwrap_or_default()).max(record.total.unwrap_or_default());
    let numbered = files.iter().map(|(item, file)| {
        numbered_name(item.download.position.unwrap_or_default(), total, &file.filename)
    });
    let names = unique_names(numbered);
    let filename = file_name(record.title.as_deref().unwrap_or("playlist"), "zip");
    serve(&request, &context, filename, files, names)
}

type Delivered<'a> = Vec<(&'a DownloadRecord, &'a StoredFile)>;

/// The files that there are, once all items have ended or the caller takes what there is.
fn delivered(status: Status, partial: bool, items: &[DownloadRecord]) -> ApiResult<Delivered<'_>> {
    if !status.is_final() && !partial {
        let detail = "Some items have not ended yet; `?partial=true` delivers those that have.";
        return Err(ApiError::new(ErrorCode::NotReady, detail));
    }
    let completed = items.iter().filter(|item| item.download.status == Status::Completed);
    let files: Vec<_> =
        completed.clone().filter_map(|item| Some((item, item.file.as_ref()?))).collect();
    if !files.is_empty() {
        return Ok(files);
    }
    Err(if completed.count() > 0 {
        ApiError::new(ErrorCode::Expired, "The files have been removed.")
    } else {
        ApiError::new(ErrorCode::NotReady, "No item has completed, so there is nothing to deliver.")
    })
}

fn serve(
    request: &HttpRequest,
    context: &Context,
    filename: String,
    files: Delivered<'_>,
    names: Vec<String>,
) -> ApiResult<HttpResponse> {
    let modified = files.iter().filter_map(|(item, _)| item.download.completed_at).max();
    let entries = files.iter().zip(names).map(|((item, file), name)| {
        Ok(Entry {
            name,
            key: file.key.parse().map_err(ApiError::internal)?,
            size_bytes: file.size_bytes,
            crc32: file.crc32,
            modified: item.download.completed_at.unwrap_or(item.download.created_at),
        })
    });
    let archive = Arc::new(Archive::new(entries.collect::<ApiResult<_>>()?));
    let representation = Representation {
        filename,
        media_type: MEDIA_TYPE,
        etag: archive.etag(),
        modified: modified.unwrap_or(Timestamp::from_millis(0)),
    };
    Ok(delivery::serve(request, &context.store, &representation, &Content::Archive(archive)))
}
