//! Rows, and what they are on the wire.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit_event;
pub(crate) mod collection;
pub(crate) mod download;
pub(crate) mod session;
pub(crate) mod value;
