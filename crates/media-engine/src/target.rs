//! What is asked of the site: an address, perhaps as someone whom the site knows.

use std::{fmt, sync::Arc};

use url::Url;

/// Cookies in Netscape's format. They go into a private file beside the one request that they are
/// lent to, and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookies(Arc<str>);

impl Cookies {
    pub fn new(netscape: impl Into<Arc<str>>) -> Self {
        Self(netscape.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies(…)")
    }
}

/// The HTTP proxy of one request, in place of the engine's. Its credentials are in the URL: no log may
/// have it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(Url);

impl Proxy {
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy(…)")
    }
}

/// An address to be asked. With cookies, what is found is for their owner alone: nothing of it is
/// kept here for anyone who asks later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Canonical, made by us; never what a user typed.
    pub url: String,
    /// In place of the operator's.
    pub cookies: Option<Cookies>,
    pub proxy: Option<Proxy>,
}

impl Target {
    #[must_use]
    pub fn with_cookies(self, cookies: Option<Cookies>) -> Self {
        Self { cookies, ..self }
    }

    #[must_use]
    pub fn with_proxy(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }
}

impl From<&str> for Target {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), cookies: None, proxy: None }
    }
}

impl From<&String> for Target {
    fn from(url: &String) -> Self {
        Self::from(url.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_not_printed() {
        let target = Target::from("https://e/").with_cookies(Some(Cookies::new("SECRET")));
        assert!(!format!("{target:?}").contains("SECRET"));
    }

    #[test]
    fn credentials_of_a_proxy_are_not_printed() {
        let proxy = Proxy::new(Url::parse("http://id:SECRET@127.0.0.1:1/").unwrap());
        let target = Target::from("https://e/").with_proxy(Some(proxy));
        assert!(!format!("{target:?}").contains("SECRET"));
    }
}
