//! The typed client of db-service: one method per operation, a file per resource.
//!
//! It owns how the hop is made (identity, request id, time-outs, which refusals pass through). It
//! must never know SQL, nor decide anything that db-service decides.

mod api_keys;
mod audit;
mod changes;
mod collections;
mod cookie_jars;
mod database;
mod downloads;
mod error;
mod expansions;
mod files;
mod jobs;
mod sessions;
mod transport;
mod users;

pub use changes::ChangeLines;
pub use collections::CollectionKind;
pub use downloads::Owner;
pub use error::DbError;
pub use transport::{DbClient, DbConnector};
