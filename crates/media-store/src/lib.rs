//! Where media lives: storage keys, safe names, files put in whole or not at all, and fast reads.
//!
//! It owns the bytes and what they are called. It must never know who may have them, how they came
//! here or over which protocol they leave.

mod archive;
mod key;
mod local;
mod names;
mod read;

pub use archive::{Archive, Entry, numbered_name, read_archive, unique_names};
pub use key::{KeyError, StorageKey};
pub use local::{OpenFile, PutFile, Store, StoreError};
pub use names::{ascii_stem, file_name};
pub use read::read_range;
