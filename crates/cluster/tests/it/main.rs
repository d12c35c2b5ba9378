//! Both twins of everything pass the same suite; what only Redis can do wrong is tried with a real
//! one.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod bus;
mod limits;
mod nodes;
mod outages;
