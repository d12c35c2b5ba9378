//! The stand-in from outside: over raw HTTP through its proxy, and with the unmodified yt-dlp.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail like tests"
)]

mod catalogue;
mod client;
mod downloads;
mod engine;
mod media;
mod pages;
mod playlists;
mod proxy;
mod stand;
mod troubles;
