//! What services say to db-service and to each other, under [`crate::paths::INTERNAL`].
//!
//! These shapes are private to one release of Magpie; nothing outside may rely on them.

pub mod accounts;
pub mod downloads;
pub mod jobs;
