//! A user's cookies for a site: read as browsers export them, kept to the site's own domains, and
//! sealed so that whoever stores them cannot read them.
//!
//! It owns the file format and the sealing. It must never know an HTTP API, a database or how the
//! cookies are used; an owner is a number to it.

mod cookie;
mod jar;
mod sealing;

pub use cookie::Cookie;
pub use jar::{BadLine, CookieJar, DomainSummary, ReadError, Reading};
pub use sealing::{Owner, Sealer, SealingError};
