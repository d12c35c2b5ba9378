//! Where media lives: storage keys, safe names, files put in whole or not at all, and fast reads.
//!
//! It owns the bytes and what they are called. It must never know who may have them, how they came
//! here or over which protocol they leave.

mod archive;
mod checksums;
mod content;
mod error;
mod key;
mod local;
mod names;
mod plan;
mod read;
mod root;
mod s3;
mod settled;
mod store;

pub use archive::{Archive, Entry, numbered_name, unique_names};
pub use checksums::PutFile;
pub use content::Content;
pub use error::StoreError;
pub use key::{KeyError, StorageKey};
pub use local::{LocalStore, OpenFile};
pub use names::{ascii_stem, file_name};
pub use plan::{Plan, PlanError};
pub use root::StoreReader;
pub use s3::{Delivery, Presented, S3Failure, S3Settings, S3Settled, S3Store};
pub use settled::LocalSettled;
pub use store::{Settled, Store};
