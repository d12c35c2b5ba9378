//! Every rule, on both databases: `on_both!` runs the same body on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers and bodies of tests"
)]

mod accounts;
mod admin;
mod api_keys;
mod audit;
mod backlog;
mod claims;
mod collections;
mod cookie_jars;
mod downloads;
mod expansions;
mod files;
mod fixture;
mod http;
mod listing;
mod logins;
mod migrations;
mod news;
mod outages;
mod outcomes;
mod queue;
mod quotas;
mod retries;
mod revocations;
mod sessions;
#[cfg(feature = "postgres-tls")]
mod tls;
mod unavailable;
