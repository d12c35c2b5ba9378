//! Handlers, a file per noun: extract, call, map.

pub(crate) mod archive;
pub(crate) mod cookies;
pub(crate) mod downloads;
pub(crate) mod events;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod multi;
pub(crate) mod playlist;
pub(crate) mod single;
pub(crate) mod socket;
pub(crate) mod thumbnail;

mod collections;
mod idempotency;
