//! Where media lives: storage keys, safe names, files put in whole or not at all, and fast reads.
//!
//! It owns the bytes and what they are called. It must never know who may have them, how they came
//! here or over which protocol they leave.

mod archive;
mod content;
mod key;
mod local;
mod names;
mod plan;
mod read;
mod root;
mod settled;

pub use archive::{Archive, Entry, numbered_name, unique_names};
pub use content::Content;
pub use key::{KeyError, StorageKey};
pub use local::{OpenFile, PutFile, Store, StoreError};
pub use names::{ascii_stem, file_name};
pub use plan::{Plan, PlanError};
pub use root::StoreReader;
pub use settled::Settled;
