//! Downloads of one user. With a `platform`, another platform's are as absent as another user's.

use awc::http::Method;
use common_types::{
    download::{DownloadList, DownloadQuery},
    internal::downloads::{DownloadRecord, DownloadRemoved, Made, NewDownload},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{DbClient, DbError, transport::internal};

/// Whose downloads, and of which platform; `None` means of all.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub user_id: i64,
    pub platform: Option<&'a str>,
}

#[derive(Serialize)]
struct ListQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(flatten)]
    query: &'a DownloadQuery,
}

impl Owner<'_> {
    fn path(&self, download: Uuid, verb: &str) -> String {
        let platform = self.platform.map(|name| format!("?platform={name}")).unwrap_or_default();
        internal(format_args!("users/{}/downloads/{download}{verb}{platform}", self.user_id))
    }
}

impl DbClient {
    /// A new download, or the one that the same idempotency key made before.
    ///
    /// # Errors
    /// `already_exists`, `quota_exceeded`, `account_disabled`; else of the hop.
    pub async fn create_download(
        &self,
        user_id: i64,
        download: &NewDownload,
    ) -> Result<Made, DbError> {
        let path = internal(format_args!("users/{user_id}/downloads"));
        self.call(Method::POST, &path, Some(download)).await
    }

    /// # Errors
    /// `invalid_request` for a cursor that is none; else of the hop.
    pub async fn list_downloads(
        &self,
        owner: Owner<'_>,
        query: &DownloadQuery,
    ) -> Result<DownloadList, DbError> {
        let path = internal(format_args!("users/{}/downloads", owner.user_id));
        self.get_with(&path, &ListQuery { platform: owner.platform, query }).await
    }

    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn download(
        &self,
        owner: Owner<'_>,
        download: Uuid,
    ) -> Result<DownloadRecord, DbError> {
        self.get(&owner.path(download, "")).await
    }

    /// # Errors
    /// `not_found`, `not_cancellable`; else of the hop.
    pub async fn cancel_download(
        &self,
        owner: Owner<'_>,
        download: Uuid,
    ) -> Result<DownloadRecord, DbError> {
        self.call(Method::POST, &owner.path(download, "/cancel"), None::<&()>).await
    }

    /// # Errors
    /// `not_found`, `not_retryable`, `quota_exceeded`; else of the hop.
    pub async fn retry_download(
        &self,
        owner: Owner<'_>,
        download: Uuid,
    ) -> Result<DownloadRecord, DbError> {
        self.call(Method::POST, &owner.path(download, "/retry"), None::<&()>).await
    }

    /// Removes the row, also of a running job; the file is the caller's to remove.
    ///
    /// # Errors
    /// `not_found`; else of the hop.
    pub async fn delete_download(
        &self,
        owner: Owner<'_>,
        download: Uuid,
    ) -> Result<DownloadRemoved, DbError> {
        self.call(Method::DELETE, &owner.path(download, ""), None::<&()>).await
    }
}
