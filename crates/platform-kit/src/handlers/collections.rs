//! What batches and playlists have in common: cancel, try again, delete.

use common_types::{
    ErrorCode,
    account::ApiKeyScope,
    download::Status,
    internal::{collections::CollectionChanged, downloads::StoredFile},
};
use db_client::{CollectionKind, DbClient, DbError};
use service_kit::{ApiError, ApiResult, Chain, FromUser};
use uuid::Uuid;

use super::single::owner;
use crate::routes::Context;

/// What a change came to, as the answers tell it.
pub(super) struct Changed {
    pub(super) status: Option<Status>,
    pub(super) count: u64,
}

impl From<&CollectionChanged> for Changed {
    fn from(changed: &CollectionChanged) -> Self {
        let count = u64::try_from(changed.downloads.len()).unwrap_or(u64::MAX);
        Self { status: changed.status, count }
    }
}

/// Cancels what has not ended; what runs here dies at once.
pub(super) async fn cancel(
    kind: CollectionKind,
    user: &FromUser,
    context: &Context,
    client: &DbClient,
    id: Uuid,
) -> ApiResult<Changed> {
    user.require(ApiKeyScope::Download)?;
    let changed =
        client.cancel_collection(kind, owner(user, context), id).await.map_err(missing)?;
    abandon(context, id, &changed);
    Ok(Changed::from(&changed))
}

/// Makes what failed or was cancelled pending again.
pub(super) async fn retry(
    kind: CollectionKind,
    user: &FromUser,
    context: &Context,
    client: &DbClient,
    id: Uuid,
) -> ApiResult<Changed> {
    user.require(ApiKeyScope::Download)?;
    let changed = client.retry_collection(kind, owner(user, context), id).await.map_err(missing)?;
    context.jobs.wake();
    context.jobs.wake_expander();
    Ok(Changed::from(&changed))
}

/// Removes rows and files.
pub(super) async fn delete(
    kind: CollectionKind,
    user: &FromUser,
    context: &Context,
    client: &DbClient,
    id: Uuid,
) -> ApiResult<Changed> {
    user.require(ApiKeyScope::Download)?;
    let client = client.acting(&user.act());
    let changed =
        client.delete_collection(kind, owner(user, context), id).await.map_err(missing)?;
    abandon(context, id, &changed);
    let answer = Changed::from(&changed);
    remove_files(context, changed.files).await;
    Ok(answer)
}

/// db-service's "not found" in the words of this API.
pub(super) fn missing(error: DbError) -> ApiError {
    match error.code() {
        Some(ErrorCode::NotFound) => ApiError::not_found("There is nothing with this id."),
        _ => error.into(),
    }
}

fn abandon(context: &Context, id: Uuid, changed: &CollectionChanged) {
    // The enumeration of a playlist runs under the playlist's own id.
    context.jobs.abandon(id);
    for download in &changed.downloads {
        context.jobs.abandon(*download);
    }
}

/// Removes files whose rows are gone. The caller has what was asked for; what cannot be removed is
/// logged, and the sweeper's.
pub(super) async fn remove_files(context: &Context, files: Vec<StoredFile>) {
    let key = |file: &StoredFile| {
        let key = file.key.parse();
        key.inspect_err(|error| log::error!("cannot remove {}: {error}", file.key)).ok()
    };
    for error in context.store.remove_all(files.iter().filter_map(key).collect()).await {
        log::error!("cannot remove a file: {}", Chain(&error));
    }
}
