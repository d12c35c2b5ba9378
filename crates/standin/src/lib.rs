//! A stand-in for the sites that Magpie downloads from, on loopback.
//!
//! It owns a forward proxy with its own certificate authority, behind which it plays YouTube (pages,
//! player API, media servers, thumbnails), SponsorBlock and a few plain web pages, well enough that
//! the unmodified yt-dlp accepts it. Every video and playlist is a named [`scenarios`] entry: the
//! ordinary ones, and every way in which fetching one can go wrong.
//!
//! It never contacts the network, and it must never know anything of Magpie: whoever uses it hands
//! [`Standin::proxy_url`] and [`Standin::ca_file`] to the program under test.

pub mod scenarios;

mod authority;
mod cdn;
mod error;
mod index_page;
mod media;
mod plain_pages;
mod prompt_stream;
mod proxy;
mod reply;
mod request;
mod request_log;
mod server;
mod sites;
mod sponsorblock;
mod thumbnails;
mod world;
mod youtube;

pub use error::StandinError;
pub use request_log::{RecordedRequest, RequestLog};
pub use server::{Standin, StandinConfig};
