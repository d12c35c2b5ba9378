//! On what the stacks of tests run, unless a test says so itself.
//!
//! The names are none of ours, for those end up in the configuration.

use crate::Database;

/// `fleet` has every stack be two of each service around one PostgreSQL, Redis and S3.
const STACK: &str = "E2E_STACK";
/// `s3` has every stack keep its files on a server of its own.
const STORAGE: &str = "E2E_STORAGE";

/// Whether stacks are two of each service, which share less than threads of one process do.
pub fn is_fleet() -> bool {
    says(STACK, "fleet")
}

pub(crate) fn is_bucket() -> bool {
    is_fleet() || says(STORAGE, "s3")
}

/// Nodes share one database, which can only be PostgreSQL.
pub(crate) fn database(asked: Database) -> Database {
    if is_fleet() { Database::Postgres } else { asked }
}

fn says(name: &str, word: &str) -> bool {
    std::env::var_os(name).is_some_and(|said| said == word)
}
