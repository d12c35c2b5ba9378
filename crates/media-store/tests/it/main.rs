//! Archives as the tools of others read them, and what happens when a file is not what it was.

#![expect(clippy::unwrap_used, reason = "test code")]

mod failures;
mod fixture;
mod formats;
mod large;
mod plans;
mod ranges;
mod readers;
mod tools;
