//! Where files are kept: a directory, or a bucket of an S3 server.

use std::{collections::HashSet, path::PathBuf};

use url::{Host, Url};

use super::Secret;

const EXPECTED: &str = "expected file:///PATH or s3://BUCKET/PREFIX?endpoint=…&region=…";

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// A directory, by its absolute path.
    Directory(PathBuf),
    Bucket(Box<Bucket>),
}

impl Storage {
    /// The directory, if it is one.
    pub fn directory(&self) -> Option<&PathBuf> {
        match self {
            Self::Directory(path) => Some(path),
            Self::Bucket(_) => None,
        }
    }
}

/// A bucket, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// What every name in it begins with, without slashes at its ends; perhaps empty.
    pub prefix: String,
    /// Amazon's own if there is none.
    pub endpoint: Option<String>,
    /// Where clients find the server, if that is elsewhere.
    pub public_endpoint: Option<String>,
    pub region: String,
    pub path_style: bool,
    pub allow_http: bool,
    pub delivery: Delivery,
    /// Only who opens the bucket must have the keys.
    pub access_key: Option<Secret>,
    pub secret_key: Option<Secret>,
}

/// How single files reach a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Through Magpie.
    Stream,
    /// By a link to the server, which the client follows.
    Redirect,
}

/// Reads the URL of a store.
pub(super) fn storage(text: &str) -> Result<Storage, String> {
    match text.strip_prefix("file://") {
        Some("") => Err(EXPECTED.to_owned()),
        Some(path) => {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            Ok(Storage::Directory(path))
        }
        None => bucket(text).map(|bucket| Storage::Bucket(Box::new(bucket))),
    }
}

fn bucket(text: &str) -> Result<Bucket, String> {
    let url = Url::parse(text).map_err(|_not_a_url| EXPECTED.to_owned())?;
    let name = url.host_str().filter(|_| url.scheme() == "s3").ok_or(EXPECTED)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the keys belong into MAGPIE_S3_ACCESS_KEY and MAGPIE_S3_SECRET_KEY".to_owned());
    }
    if url.port().is_some() || url.fragment().is_some() {
        return Err(EXPECTED.to_owned());
    }
    let mut bucket = Bucket {
        name: name.to_owned(),
        prefix: prefix(url.path())?,
        endpoint: None,
        public_endpoint: None,
        region: String::new(),
        path_style: true,
        allow_http: false,
        delivery: Delivery::Stream,
        access_key: None,
        secret_key: None,
    };
    let path_style = options(&mut bucket, &url)?;
    complete(bucket, path_style)
}

/// Takes every option of the query, and says whether the style of paths was among them.
fn options(bucket: &mut Bucket, url: &Url) -> Result<Option<bool>, String> {
    let (mut path_style, mut seen) = (None, HashSet::new());
    for (key, value) in url.query_pairs() {
        if !seen.insert(key.clone()) {
            return Err(format!("`{key}` is given twice"));
        }
        match key.as_ref() {
            "endpoint" => bucket.endpoint = Some(endpoint(&key, &value)?),
            "public_endpoint" => bucket.public_endpoint = Some(endpoint(&key, &value)?),
            "region" if is_name(&value) => bucket.region = value.into_owned(),
            "region" => return Err("`region` is not one".to_owned()),
            "path_style" => path_style = Some(truth(&key, &value)?),
            "allow_http" => bucket.allow_http = truth(&key, &value)?,
            "delivery" => bucket.delivery = delivery(&value)?,
            _ => return Err(format!("unknown option `{key}`")),
        }
    }
    Ok(path_style)
}

/// Fills in what follows from the rest, and refuses what does not go together.
fn complete(mut bucket: Bucket, path_style: Option<bool>) -> Result<Bucket, String> {
    // Amazon wants the bucket in the host's name; most other servers can do without.
    bucket.path_style = path_style.unwrap_or(bucket.endpoint.is_some());
    if bucket.region.is_empty() {
        bucket.endpoint.as_ref().ok_or("without `endpoint`, `region` is needed")?;
        "us-east-1".clone_into(&mut bucket.region);
    }
    let plain = bucket.endpoint.as_ref().filter(|endpoint| endpoint.starts_with("http:"));
    // Nobody listens between this machine and itself.
    bucket.allow_http |= plain.is_some_and(|endpoint| is_loopback(endpoint));
    if plain.is_some() && !bucket.allow_http {
        return Err("`endpoint` is not https; `allow_http=true` permits that".to_owned());
    }
    if bucket.public_endpoint.is_some() && bucket.delivery == Delivery::Stream {
        return Err("`public_endpoint` is for `delivery=redirect`".to_owned());
    }
    Ok(bucket)
}

fn is_loopback(endpoint: &str) -> bool {
    let url = Url::parse(endpoint).ok();
    url.as_ref().and_then(Url::host).is_some_and(|host| match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    })
}

/// What every name begins with: what a name itself may hold, and nothing that begins with a dot.
fn prefix(path: &str) -> Result<String, String> {
    let prefix = path.trim_matches('/');
    match prefix.is_empty() || prefix.split('/').all(is_name) {
        true => Ok(prefix.to_owned()),
        false => Err("the prefix may hold letters, digits, `.`, `_`, `-` and `/`".to_owned()),
    }
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(is_plain)
}

/// `http://HOST:PORT` or https, with nothing behind.
fn endpoint(key: &str, value: &str) -> Result<String, String> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin = url.map(|url| url.origin().ascii_serialization());
    let plain = value.strip_suffix('/').unwrap_or(value);
    origin.filter(|origin| origin == plain).ok_or(format!("`{key}` is not http(s)://HOST:PORT"))
}

fn truth(key: &str, value: &str) -> Result<bool, String> {
    value.parse().map_err(|_neither| format!("`{key}` is neither `true` nor `false`"))
}

fn delivery(value: &str) -> Result<Delivery, String> {
    match value {
        "stream" => Ok(Delivery::Stream),
        "redirect" => Ok(Delivery::Redirect),
        _ => Err("`delivery` is neither `stream` nor `redirect`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line each: the URL, and what is said of it; `ok` where it is taken.
    const CASES: &str = include_str!("storage_urls.txt");

    #[test]
    fn every_url_of_the_list_is_answered_as_it_says() {
        let lines = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let (url, expected) = line.split_once(" => ").unwrap();
            let answer = storage(url).map_or_else(|why| why, |_storage| "ok".to_owned());
            assert!(answer.contains(expected), "{url}: {answer}");
        }
    }

    #[test]
    fn what_is_not_said_follows_from_the_rest() {
        let Storage::Bucket(amazon) = storage("s3://media?region=eu-west-1").unwrap() else {
            panic!("a bucket");
        };
        assert!(!amazon.path_style && amazon.prefix.is_empty() && amazon.endpoint.is_none());
        let url = "s3://media/a/b/?endpoint=https://s3.test/&delivery=redirect";
        let Storage::Bucket(other) = storage(url).unwrap() else { panic!("a bucket") };
        assert_eq!(other.endpoint.as_deref(), Some("https://s3.test"));
        assert_eq!((other.prefix.as_str(), other.region.as_str()), ("a/b", "us-east-1"));
        assert!(other.path_style && other.delivery == Delivery::Redirect);
    }
}
