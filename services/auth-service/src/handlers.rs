//! The handlers: they extract, call the service, and map.

pub(crate) mod acting;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod credentials;
pub(crate) mod health;
pub(crate) mod internal;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod registration;
pub(crate) mod session_cookie;
pub(crate) mod sessions;
pub(crate) mod users;

use serde::Deserialize;

/// The query of a paged list. What `cursor` holds is db-service's to know.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}
