//! Magpie in one process: every service started and wired to the others; and the commands of whoever
//! runs it.
//!
//! This is the only place that knows all services. `magpie up`, the tests and the one-container
//! image all start the same [`Stack`]; what a service does is none of its business.

pub mod commands;
mod demo;
mod stack;

pub use stack::{Stack, StackOptions};
