//! Whether db-service can do its work.

use awc::http::Method;

use crate::{DbClient, DbError};

impl DbClient {
    /// Asks db-service whether it is ready, for the readiness of whoever needs it.
    ///
    /// # Errors
    /// Its refusal; else of the hop.
    pub async fn ready(&self) -> Result<(), DbError> {
        self.order(Method::GET, "/readyz", None::<&()>).await
    }
}
