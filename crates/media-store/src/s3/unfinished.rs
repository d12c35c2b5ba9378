//! Uploads that have begun, as the bucket knows them.
//!
//! A process that dies leaves its upload behind, which costs as much as a file and appears in no
//! list of objects. So each is noted in the bucket itself, before its first part, and the note is
//! renewed while the upload goes on. A note that has not been renewed for long tells any node of an
//! upload that nobody goes on with.

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt;
use object_store::{
    Error as S3Error, MultipartId, ObjectStore, ObjectStoreExt, multipart::MultipartStore,
    path::Path,
};
use uuid::Uuid;

use super::{S3Failure, S3Store, outage::persist, settled::listing};
use crate::StoreError;

const NOTES: &str = ".uploads";
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// How much longer than anything else an upload is left alone: several renewals may have failed.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10 * 60);
/// Whoever ends an upload does so at leisure, or not at all: the note stays.
const ENDING_DEADLINE: Duration = Duration::from_secs(5);

/// An upload under way.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) path: Path,
    pub(super) id: MultipartId,
    note: Path,
}

impl S3Store {
    /// Begins an upload to `path`.
    pub(super) async fn begin_upload(&self, path: Path) -> Result<Upload, S3Failure> {
        let id = persist(|| self.client().create_multipart(&path)).await?;
        let note = self.path_below(&format!("{NOTES}/{}", Uuid::now_v7()));
        let upload = Upload { path, id, note };
        match self.note(&upload).await {
            Ok(()) => Ok(upload),
            Err(error) => {
                self.end_upload(&upload).await;
                Err(error.into())
            }
        }
    }

    async fn note(&self, upload: &Upload) -> object_store::Result<()> {
        let text = format!("{}\n{}", upload.path, upload.id);
        self.client().put(&upload.note, text.into()).await.map(|_put| ())
    }

    /// Renews the note for as long as it is polled. One that could not be renewed is renewed later.
    pub(super) async fn keep_noted(&self, upload: &Upload) -> Infallible {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let _renewed_later = self.note(upload).await;
        }
    }

    /// The upload is complete: its note is of no more use.
    pub(super) async fn strike(&self, upload: &Upload) {
        // One that stays is struck by a later sweep, which finds nothing to end.
        let _struck_later = self.client().delete(&upload.note).await;
    }

    /// Ends an upload that is not wanted any more, with all that was sent, and the object if that was
    /// completed all the same.
    pub(super) async fn end_upload(&self, upload: &Upload) {
        let ending = async {
            self.try_end_upload(upload).await?;
            self.client().delete(&upload.path).await
        };
        // The note stays, for a sweep to try again.
        let _ended_later = tokio::time::timeout(ENDING_DEADLINE, ending).await;
    }

    async fn try_end_upload(&self, upload: &Upload) -> object_store::Result<()> {
        match self.client().abort_multipart(&upload.path, &upload.id).await.map_err(S3Failure::from)
        {
            // There is nothing to end, or it is not ours to end: trying again would not help.
            Ok(()) | Err(S3Failure::Missing(_) | S3Failure::Refused(_)) => {
                self.client().delete(&upload.note).await
            }
            Err(S3Failure::Unavailable(why)) => {
                Err(S3Error::Generic { store: "S3", source: why.into() })
            }
        }
    }

    /// Ends uploads whose notes were not renewed since long before `before`.
    pub(super) async fn end_forgotten_uploads(&self, before: SystemTime) -> Result<(), StoreError> {
        let Some(before) = before.checked_sub(FORGOTTEN_AFTER) else { return Ok(()) };
        let mut notes = self.client().list(Some(&self.path_below(NOTES)));
        while let Some(found) = notes.try_next().await.map_err(listing)? {
            if SystemTime::from(found.last_modified) < before {
                self.end_noted(found.location).await.map_err(listing)?;
            }
        }
        Ok(())
    }

    async fn end_noted(&self, note: Path) -> object_store::Result<()> {
        let text = match self.client().get(&note).await {
            Ok(found) => found.bytes().await?,
            // Its upload came to an end just now.
            Err(S3Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&text);
        match text.split_once('\n') {
            Some((path, id)) => {
                let (path, id) = (Path::from(path), id.to_owned());
                self.try_end_upload(&Upload { path, id, note }).await
            }
            None => self.client().delete(&note).await,
        }
    }
}
