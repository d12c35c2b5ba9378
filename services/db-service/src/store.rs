//! The operations: each is one transaction with its rules inside.
//!
//! They take the time from the caller, know nothing of HTTP, and enforce whose a row is in the
//! query itself.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod backlog;
pub mod batches;
pub mod bulk;
pub mod claims;
pub mod collections;
pub mod cookie_jars;
pub mod downloads;
pub mod expansions;
pub mod files;
pub mod heartbeats;
pub(crate) mod idempotency;
pub(crate) mod items;
pub mod listing;
pub mod logins;
pub mod outcomes;
pub(crate) mod paging;
pub mod pauses;
pub mod playlists;
pub(crate) mod queue;
pub mod rescue;
pub mod retries;
pub mod revocations;
pub mod sessions;
pub mod states;
pub mod upkeep;
pub mod usage;
