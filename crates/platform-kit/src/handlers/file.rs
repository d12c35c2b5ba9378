//! `GET single/file/{id}`.

use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use common_types::{
    ErrorCode,
    account::ApiKeyScope,
    download::Status,
    internal::downloads::{DownloadRecord, StoredFile},
};
use db_client::DbClient;
use media_store::{Content, Presented, StorageKey, StoreError};
use service_kit::{ApiError, ApiResult, Chain, FromUser};
use uuid::Uuid;

use super::single::{missing, owner};
use crate::{
    delivery::{self, Representation},
    routes::Context,
};

/// The first hexadecimal digits of the SHA-256: 128 bits tell any two files apart.
const ETAG_CHARS: usize = 32;
/// How long a client should wait for a store that does not answer.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Delivers the file of a completed download.
pub(crate) async fn get_file(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    let record = client.download(owner(&user, &context), *id).await.map_err(missing)?;
    let stored = stored_file(&record)?;
    let representation = representation(&record, stored);
    let (key, content) = find(&context, stored).await?;
    match link(&request, &context, &key, &representation).await? {
        Some(link) => Ok(delivery::redirect(&request, &representation, &link)),
        None => Ok(delivery::serve(&request, &context.store, &representation, &content)),
    }
}

fn stored_file(record: &DownloadRecord) -> ApiResult<&StoredFile> {
    match (record.download.status, &record.file) {
        (Status::Completed, Some(file)) => Ok(file),
        (Status::Completed, None) => Err(expired()),
        (status, _) => {
            let detail = format!("There is no file: the download is {status}.");
            Err(ApiError::new(ErrorCode::NotReady, detail))
        }
    }
}

fn expired() -> ApiError {
    ApiError::new(ErrorCode::Expired, "The file has been removed.")
}

fn representation(record: &DownloadRecord, stored: &StoredFile) -> Representation {
    let download = &record.download;
    Representation {
        filename: stored.filename.clone(),
        media_type: media_type(stored, record),
        etag: stored.sha256.chars().take(ETAG_CHARS).collect(),
        modified: download.completed_at.unwrap_or(download.created_at),
    }
}

/// By the file's own extension: webm falls back to mkv where it cannot hold the streams.
fn media_type(stored: &StoredFile, record: &DownloadRecord) -> &'static str {
    let extension = stored.filename.rsplit_once('.').map(|(_, extension)| extension);
    let format = extension.and_then(common_types::media::Format::from_slug);
    format.unwrap_or(record.download.format).media_type()
}

/// The file, if it is in the store as it was put there.
async fn find(context: &Context, stored: &StoredFile) -> ApiResult<(StorageKey, Content)> {
    let key: StorageKey = stored.key.parse().map_err(ApiError::internal)?;
    let size_bytes = match context.store.size_of(&key).await {
        Ok(size_bytes) => size_bytes,
        Err(error) if error.is_not_found() => {
            log::error!("{}", Chain(&error));
            return Err(expired());
        }
        Err(error) => return Err(unreadable(error)),
    };
    if size_bytes == stored.size_bytes {
        Ok((key.clone(), Content::File { key, size_bytes }))
    } else {
        Err(ApiError::internal(format!("{key} has {size_bytes} bytes in the store")))
    }
}

fn unreadable(error: StoreError) -> ApiError {
    if error.is_passing() {
        let detail = "The file cannot be read at the moment.";
        return ApiError::unavailable(detail, error).with_retry_after(RETRY_AFTER_SECONDS);
    }
    ApiError::internal(error)
}

/// Where a GET is sent on, if the store answers clients itself. Who asks for the head gets it here.
async fn link(
    request: &HttpRequest,
    context: &Context,
    key: &StorageKey,
    representation: &Representation,
) -> ApiResult<Option<String>> {
    if request.method() != Method::GET {
        return Ok(None);
    }
    let disposition = representation.disposition();
    let presented = Presented { disposition: &disposition, media_type: representation.media_type };
    context.store.link(key, presented).await.map_err(ApiError::internal)
}
