//! The engine against a stand-in for a real site, with the real yt-dlp and ffmpeg.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

mod site;

mod cancelling;
mod cost;
mod crashes;
mod disk;
mod failures;
mod formats;
mod guard;
mod left_behind;
mod lent;
mod limits;
mod misbehaving;
mod options;
mod playlists;
mod probes;
mod resuming;
mod start;
mod turns;
mod walks;
