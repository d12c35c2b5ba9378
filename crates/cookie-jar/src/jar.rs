//! The cookies of one user for one site.

use std::{collections::BTreeMap, fmt};

use crate::Cookie;

/// How many wrong lines are told of.
const MAX_BAD_LINES: usize = 20;
/// Sites forget a browser's oldest cookies long before.
const MAX_COOKIES: usize = 1000;

/// Cookies, all of them a site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieJar(Vec<Cookie>);

/// What was made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub jar: CookieJar,
    /// How many cookies were left out, as they are other sites' or have lapsed.
    pub dropped: usize,
}

/// A line that is no cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLine {
    /// From 1.
    pub number: usize,
    pub fault: &'static str,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {} is no cookie: {}.", self.number, self.fault)
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("these are not cookies in Netscape's format")]
    BadLines(Vec<BadLine>),
    #[error("none of these cookies is of the site and still valid")]
    NoneOfTheSite,
    #[error("there are too many cookies")]
    TooMany,
}

/// The cookies of one domain, without what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSummary {
    pub domain: String,
    pub count: usize,
    /// When the last of them has lapsed, in seconds since the epoch; none where all end with the
    /// session.
    pub last_expiry: Option<i64>,
}

impl CookieJar {
    /// Reads a file as browsers export it, and keeps what is of `domains` and valid at `now`, in
    /// seconds since the epoch. Nothing else of it outlives the call.
    ///
    /// # Errors
    /// For a line that is no cookie, and where nothing is left.
    pub fn read(text: &str, domains: &[&str], now: i64) -> Result<Reading, ReadError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (mut cookies, mut bad, mut dropped) = (Vec::new(), Vec::new(), 0_usize);
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || (line.starts_with('#') && !line.starts_with("#HttpOnly_"))
            {
                continue;
            }
            match Cookie::read(line) {
                Err(fault) if bad.len() < MAX_BAD_LINES => bad.push(BadLine { number, fault }),
                Err(_) => {}
                Ok(cookie) if is_wanted(&cookie, domains, now) => cookies.push(cookie),
                Ok(_) => dropped = dropped.saturating_add(1),
            }
        }
        if !bad.is_empty() {
            Err(ReadError::BadLines(bad))
        } else if cookies.is_empty() {
            Err(ReadError::NoneOfTheSite)
        } else if cookies.len() > MAX_COOKIES {
            Err(ReadError::TooMany)
        } else {
            Ok(Reading { jar: Self(cookies), dropped })
        }
    }

    /// The file that yt-dlp, curl and the like read. It holds credentials.
    pub fn to_netscape(&self) -> String {
        let mut text = "# Netscape HTTP Cookie File\n".to_owned();
        for cookie in &self.0 {
            // Writing to a string does not fail.
            let _written = cookie.write(&mut text);
        }
        text
    }

    /// What may be told of the cookies, by domain.
    pub fn summary(&self) -> Vec<DomainSummary> {
        let mut by_domain = BTreeMap::<&str, DomainSummary>::new();
        for cookie in &self.0 {
            let domain = by_domain.entry(&cookie.domain).or_insert_with(|| DomainSummary {
                domain: cookie.domain.clone(),
                count: 0,
                last_expiry: None,
            });
            domain.count = domain.count.saturating_add(1);
            domain.last_expiry = domain.last_expiry.max(cookie.expires);
        }
        by_domain.into_values().collect()
    }
}

fn is_wanted(cookie: &Cookie, domains: &[&str], now: i64) -> bool {
    let is_of_the_site = domains.iter().any(|domain| cookie.belongs_to(domain));
    is_of_the_site && cookie.expires.is_none_or(|expires| expires > now)
}

#[cfg(test)]
mod tests;
