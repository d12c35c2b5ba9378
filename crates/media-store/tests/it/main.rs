//! Both kinds of store by one suite; archives as the tools of others read them; and what happens when
//! a file is not what it was, or a server not there.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

mod bucket;
mod conformance;
mod failures;
mod fixture;
mod formats;
mod large;
mod plans;
mod ranges;
mod readers;
mod tools;
