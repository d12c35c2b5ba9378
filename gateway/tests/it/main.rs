//! The gateway between clients that misbehave and services that do.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod admission;
mod battery;
mod bodies;
mod connections;
mod edge;
mod handover;
mod harness;
mod openapi;
mod platform;
mod raw;
mod stub;
mod tokens;
mod trouble;
