//! Links that the server itself answers.

use std::time::Duration;

use object_store::signer::{Method, SignedUrlOptions, Signer};

use super::{S3Store, failed};
use crate::{StorageKey, StoreError};

/// A link is followed at once; one that is passed on is soon worth nothing.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What the server shall say of the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'p> {
    /// A value of `Content-Disposition`.
    pub disposition: &'p str,
    pub media_type: &'p str,
}

impl S3Store {
    /// A link to the file, for whoever holds it, for ten minutes; `None` where files are streamed.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn link(
        &self,
        key: &StorageKey,
        presented: Presented<'_>,
    ) -> Result<Option<String>, StoreError> {
        let Some(signer) = &self.shared.signer else { return Ok(None) };
        let options = SignedUrlOptions::new().with_query([
            ("response-content-disposition", presented.disposition),
            ("response-content-type", presented.media_type),
            ("response-cache-control", "private, no-cache"),
        ]);
        let path = self.path_of(key);
        let signed = signer.signed_url_opts(Method::GET, &path, LIFETIME, &options).await;
        Ok(Some(signed.map_err(|error| failed("sign a link to", key, error))?.into()))
    }
}
