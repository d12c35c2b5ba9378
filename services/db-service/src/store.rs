//! The operations: each is one transaction with its rules inside.
//!
//! They take the time from the caller, know nothing of HTTP, and enforce whose a row is in the
//! query itself.

pub mod accounts;
pub mod api_keys;
pub mod claims;
pub mod downloads;
pub mod heartbeats;
pub(crate) mod idempotency;
pub mod listing;
pub mod outcomes;
pub(crate) mod paging;
pub(crate) mod queue;
pub mod rescue;
pub mod revocations;
pub mod sessions;
pub mod upkeep;
pub mod usage;
