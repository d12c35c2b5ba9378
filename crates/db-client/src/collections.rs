//! Batches and playlists of one user.

use awc::http::Method;
use common_types::internal::{
    collections::{BatchRecord, CollectionChanged, NewBatch, NewPlaylist, PlaylistRecord},
    downloads::Made,
};
use uuid::Uuid;

use crate::{DbClient, DbError, Owner, transport::internal};

/// What can be asked of a batch or playlist as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionKind {
    Batch,
    Playlist,
}

impl CollectionKind {
    fn segment(self) -> &'static str {
        match self {
            Self::Batch => "batches",
            Self::Playlist => "playlists",
        }
    }

    fn path(self, owner: Owner<'_>, id: Uuid, verb: &str) -> String {
        let platform = owner.platform.map(|name| format!("?platform={name}")).unwrap_or_default();
        internal(format_args!("users/{}/{}/{id}{verb}{platform}", owner.user_id, self.segment()))
    }
}

impl DbClient {
    /// A new batch, or the one that the same idempotency key made before.
    ///
    /// # Errors
    /// `already_exists`, `quota_exceeded`, `account_disabled`; else of the hop.
    pub async fn create_batch(&self, user_id: i64, batch: &NewBatch) -> Result<Made, DbError> {
        self.call(Method::POST, &internal(format_args!("users/{user_id}/batches")), Some(batch))
            .await
    }

    /// A new playlist, or the one that the same idempotency key made before.
    ///
    /// # Errors
    /// As for a batch.
    pub async fn create_playlist(
        &self,
        user_id: i64,
        playlist: &NewPlaylist,
    ) -> Result<Made, DbError> {
        let path = internal(format_args!("users/{user_id}/playlists"));
        self.call(Method::POST, &path, Some(playlist)).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn batch(&self, owner: Owner<'_>, id: Uuid) -> Result<BatchRecord, DbError> {
        self.get(&CollectionKind::Batch.path(owner, id, "")).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn playlist(&self, owner: Owner<'_>, id: Uuid) -> Result<PlaylistRecord, DbError> {
        self.get(&CollectionKind::Playlist.path(owner, id, "")).await
    }

    /// Cancels what has not ended: running items lose their rows at once, pending ones never start.
    ///
    /// # Errors
    /// `not_found`, `not_cancellable`; else of the hop.
    pub async fn cancel_collection(
        &self,
        kind: CollectionKind,
        owner: Owner<'_>,
        id: Uuid,
    ) -> Result<CollectionChanged, DbError> {
        self.call(Method::POST, &kind.path(owner, id, "/cancel"), None::<&()>).await
    }

    /// Tries the failed and cancelled items again.
    ///
    /// # Errors
    /// `not_found`, `not_retryable`, `quota_exceeded`; else of the hop.
    pub async fn retry_collection(
        &self,
        kind: CollectionKind,
        owner: Owner<'_>,
        id: Uuid,
    ) -> Result<CollectionChanged, DbError> {
        self.call(Method::POST, &kind.path(owner, id, "/retry"), None::<&()>).await
    }

    /// Removes the rows, also of running items; the files are the caller's to remove.
    ///
    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn delete_collection(
        &self,
        kind: CollectionKind,
        owner: Owner<'_>,
        id: Uuid,
    ) -> Result<CollectionChanged, DbError> {
        self.call(Method::DELETE, &kind.path(owner, id, ""), None::<&()>).await
    }
}
