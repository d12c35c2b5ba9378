//! A [`Platform`] in, a running service out: routes, jobs through the queue, files delivered.
//!
//! It owns the download API and the life of a job on this node. It must never know a particular
//! site (that is the platform's), how yt-dlp is driven (media-engine's) or where rows and bytes are
//! kept (db-service's and media-store's).

mod cookies;
mod delivery;
mod engines;
mod errors;
mod events;
mod feed;
#[doc(hidden)]
pub mod fuzzing;
mod guarded;
mod handlers;
mod info;
mod openapi;
mod options;
mod platform;
mod playlists;
mod routes;
mod runner;
mod sandbox;
mod selection;
mod start;
mod storage;
mod sweeper;
mod tally;
mod thumbnails;
mod tools;
pub mod upkeep;
mod wire;

pub use platform::{Examples, ExtractorArgs, Link, LinkError, Platform, PlaylistRef};
pub use start::start;
