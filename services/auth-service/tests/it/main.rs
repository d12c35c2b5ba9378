//! Through HTTP, with the identities that a gateway signs, on the real db-service and SQLite.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers and bodies of tests")]

mod access;
mod api_keys;
mod audit;
mod fixture;
mod keys;
mod load;
mod login;
mod logout;
mod password;
mod profile;
mod registration;
mod restart;
mod sessions;
mod throttle;
mod users;
