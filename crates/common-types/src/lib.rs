//! The nouns that Magpie's processes and clients exchange, as they go over the wire.
//!
//! This crate owns names, shapes and the table of error codes. It must never know how anything is
//! stored, fetched or served: its only dependencies are serde, uuid and time, and
//! `scripts/check-layers` keeps it so. The feature `openapi` adds schemas, for the services that
//! document their part of the API.

pub mod account;
pub mod audit;
pub mod batch;
pub mod cookies;
pub mod download;
pub mod error_code;
pub mod health;
pub mod internal;
pub mod media;
pub mod media_error;
#[cfg(feature = "openapi")]
mod openapi;
pub mod page;
pub mod paths;
pub mod playlist;
pub mod problem;
pub mod timestamp;

pub use error_code::ErrorCode;
pub use media_error::{MediaErrorCode, MediaProblem};
pub use problem::{FieldError, Problem};
pub use timestamp::Timestamp;
