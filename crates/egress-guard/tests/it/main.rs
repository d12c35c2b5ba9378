//! The guard from outside.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

mod addresses;
mod bench;
mod chained;
mod limits;
mod proxying;
mod world;
