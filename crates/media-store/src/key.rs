//! Storage keys: ASCII, relative, `/`-separated, the same for a directory and an object store.

use std::{fmt, path::Path, str::FromStr};

/// Why a text is no storage key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a storage key")]
pub struct KeyError;

/// Names one file in the store, such as `singlelink/<id>/Title.mp4`. Segments hold only
/// `[A-Za-z0-9._-]` and begin with a letter or digit, so that a key can never leave the root, hide
/// a file or mean something else to an object store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageKey(String);

impl StorageKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StorageKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_key = text.len() <= 512 && text.split('/').all(is_segment);
        is_key.then(|| Self(text.to_owned())).ok_or(KeyError)
    }
}

fn is_segment(segment: &str) -> bool {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    segment.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && segment.len() <= 255
        && segment.bytes().all(in_alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_the_root() {
        for good in ["a", "singlelink/0198/Title-1.mp4", "playlist/x/001_a.mp4"] {
            assert!(good.parse::<StorageKey>().is_ok(), "{good}");
        }
        for bad in
            ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a/-b", "é", "a b", "a\\b", "a\0"]
        {
            assert!(bad.parse::<StorageKey>().is_err(), "{bad}");
        }
    }
}
