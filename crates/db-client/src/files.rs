//! Files of completed downloads: which there should be, and which are to go.

use awc::http::Method;
use common_types::internal::{
    downloads::StoredFile,
    files::{ExpireRequest, FileOfDownload, FilesQuery, KnownFilesRequest, LostFiles},
};

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// Gives up files whose time has come; they are the caller's to remove.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn expire_files(&self, expire: &ExpireRequest) -> Result<Vec<StoredFile>, DbError> {
        self.call(Method::POST, &internal("files/expire"), Some(expire)).await
    }

    /// The keys of the files that these owners have.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn known_files(&self, asked: &KnownFilesRequest) -> Result<Vec<String>, DbError> {
        self.call(Method::POST, &internal("files/known"), Some(asked)).await
    }

    /// A page of the files that there should be.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn files(&self, query: &FilesQuery) -> Result<Vec<FileOfDownload>, DbError> {
        self.get_with(&internal("files"), query).await
    }

    /// Notes that files are gone that should be there.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn note_lost_files(&self, lost: &LostFiles) -> Result<(), DbError> {
        self.order(Method::POST, &internal("files/lost"), Some(lost)).await
    }
}
