//! One cookie, as a line of a file in Netscape's format: seven fields between tabs.

use std::fmt::{self, Write};

/// The year 10000: what comes later only breaks those who reckon with it.
const LATEST_EXPIRY: i64 = 253_402_300_799;

/// A cookie. Its value is a credential and is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// In lower case, without a leading dot.
    pub domain: String,
    pub with_subdomains: bool,
    pub path: String,
    pub is_secure: bool,
    /// Seconds since the epoch; none for one that ends with the browser's session.
    pub expires: Option<i64>,
    pub name: String,
    value: String,
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookie({} of {})", self.name, self.domain)
    }
}

impl Cookie {
    /// Reads a line that is neither empty nor a comment.
    ///
    /// # Errors
    /// What is wrong with it, in words that repeat nothing of it.
    pub(crate) fn read(line: &str) -> Result<Self, &'static str> {
        let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        let [Some(domain), Some(subdomains), Some(path), Some(secure), Some(expires), Some(name)] =
            [next(), next(), next(), next(), next(), next()]
        else {
            return Err("it does not have seven fields with tabs between them");
        };
        // Editors cut the tab before an empty value.
        let value = next().unwrap_or_default();
        if next().is_some() {
            return Err("it has more than seven fields");
        }
        flag(subdomains).ok_or("its second field is neither TRUE nor FALSE")?;
        let cookie = Self {
            domain: domain_name(domain).ok_or("its domain is none")?,
            // Whether the dot is there is what decides, also for those who read what we write.
            with_subdomains: domain.starts_with('.') || flag(subdomains) == Some(true),
            path: Some(path).filter(|path| is_path(path)).ok_or("its path is none")?.to_owned(),
            is_secure: flag(secure).ok_or("its fourth field is neither TRUE nor FALSE")?,
            expires: expiry(expires).ok_or("its expiry is not a number of seconds")?,
            name: name.to_owned(),
            value: value.to_owned(),
        };
        if name.is_empty() || name.contains(['=', ';', ' ']) || !is_plain(name) {
            return Err("its name is none");
        }
        if value.contains(';') || !is_plain(value) {
            return Err("its value holds characters that no cookie has");
        }
        Ok(cookie)
    }

    /// Whether it is for `domain` or a part of it.
    pub(crate) fn belongs_to(&self, domain: &str) -> bool {
        let rest = self.domain.strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Writes it as a line.
    pub(crate) fn write(&self, text: &mut String) -> fmt::Result {
        let Self { domain, path, name, value, .. } = self;
        let dot = if self.with_subdomains { "." } else { "" };
        let flag = |is_set| if is_set { "TRUE" } else { "FALSE" };
        let (subdomains, secure) = (flag(self.with_subdomains), flag(self.is_secure));
        let expires = self.expires.unwrap_or_default();
        writeln!(text, "{dot}{domain}\t{subdomains}\t{path}\t{secure}\t{expires}\t{name}\t{value}")
    }
}

fn flag(field: &str) -> Option<bool> {
    [("TRUE", true), ("FALSE", false)]
        .into_iter()
        .find_map(|(word, is_set)| field.eq_ignore_ascii_case(word).then_some(is_set))
}

fn domain_name(field: &str) -> Option<String> {
    let name = field.strip_prefix('.').unwrap_or(field).to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    (name.len() <= 253 && name.split('.').all(is_label)).then_some(name)
}

fn is_path(field: &str) -> bool {
    field.starts_with('/') && !field.contains(';') && is_plain(field)
}

/// Some browsers write fractions, and zero, nothing or a negative number for a session's cookie.
fn expiry(field: &str) -> Option<Option<i64>> {
    let whole = match field.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => field,
    };
    if whole.is_empty() {
        return Some(None);
    }
    let seconds: i64 = whole.parse().ok()?;
    Some((seconds > 0).then(|| seconds.min(LATEST_EXPIRY)))
}

fn is_plain(field: &str) -> bool {
    !field.chars().any(char::is_control)
}
