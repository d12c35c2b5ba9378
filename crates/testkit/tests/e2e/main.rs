//! Magpie as a stranger uses it: through the gateway, with the real yt-dlp and ffmpeg, against the
//! stand-in for the sites.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

mod accounts;
mod archives;
mod batches;
mod bucket;
mod cancelling;
mod confinement;
mod cookies;
mod crashes;
mod delivery;
mod deployment;
mod document;
mod draining;
mod events;
mod failures;
mod files;
mod fleet;
mod formats;
mod hostile;
mod isolation;
mod journey;
mod nodes;
mod observability;
mod openapi;
mod operations;
mod playlists;
mod probing;
mod processes;
mod raw;
mod reliability;
mod requests;
mod rounds;
mod trust;

/// Makes each test of the list twice: on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $name() {
                super::$name(testkit::Database::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[actix_web::test]
            async fn $name() {
                super::$name(testkit::Database::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both_databases;
