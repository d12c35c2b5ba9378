//! Everything a test needs to use Magpie as a stranger would: a whole stack of its own on free
//! ports, an HTTP client that logs in, the stand-in for the sites, a throw-away PostgreSQL, a throw-away S3
//! server.
//!
//! Tests depend on this crate; nothing else does. Its functions panic where a test would.

#![expect(clippy::expect_used, clippy::panic, reason = "test code: a failure ends the test")]

mod bulk;
mod choice;
mod client;
mod database;
mod events;
mod files;
mod process;
mod stack;
mod storage;
mod tools;
mod wait;

pub use choice::is_fleet;
pub use client::{Answer, Client};
pub use database::Database;
pub use events::{Event, Events};
pub use files::{Probe, probe};
pub use process::{Databases, Ended, Fleet, ProcessStack, processes_under};
pub use stack::{TestStack, TestStackBuilder};
pub use standin;
pub use storage::in_bucket;
pub use temp_s3::TempS3;
pub use tools::{binary, shared_standin_dir, yt_dlp};
pub use wait::{wait_for, wait_until};
