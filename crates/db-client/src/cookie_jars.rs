//! Users' cookies for sites, sealed.

use awc::http::Method;
use common_types::{
    ErrorCode,
    internal::cookies::{CookieRecord, SealedCookies},
};

use crate::{DbClient, DbError, Owner, transport::internal};

impl DbClient {
    /// Keeps them, in place of what was kept.
    ///
    /// # Errors
    /// `account_disabled`, `payload_too_large`; else of the hop.
    pub async fn put_cookies(
        &self,
        owner: Owner<'_>,
        new: &SealedCookies,
    ) -> Result<CookieRecord, DbError> {
        self.call(Method::PUT, &path(owner), Some(new)).await
    }

    /// What is kept, if there is anything.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn cookies(&self, owner: Owner<'_>) -> Result<Option<CookieRecord>, DbError> {
        match self.get(&path(owner)).await {
            Err(error) if error.code() == Some(ErrorCode::NotFound) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Forgets them.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn delete_cookies(&self, owner: Owner<'_>) -> Result<(), DbError> {
        self.order(Method::DELETE, &path(owner), None::<&()>).await
    }
}

fn path(owner: Owner<'_>) -> String {
    let platform = owner.platform.unwrap_or_default();
    internal(format_args!("users/{}/cookies/{platform}", owner.user_id))
}
