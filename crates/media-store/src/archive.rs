//! A ZIP that exists nowhere: its length, its tag and every byte of it follow from what is known of
//! the files, which are read while they are sent.
//!
//! Entries are stored, not compressed (media does not shrink), and their checksums are known, so no
//! data descriptors are needed: a range of the archive is arithmetic, and a cut transfer resumes.
//! The format is PKWARE's APPNOTE 6.3; ZIP64 records appear only where a value does not fit.

mod entry_names;
mod layout;
mod records;

pub use entry_names::{numbered_name, unique_names};
pub use layout::{Archive, Entry};
