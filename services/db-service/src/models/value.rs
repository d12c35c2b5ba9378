//! Values on their way into a column and out of it.

use common_types::Timestamp;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// The longest text that a site's metadata or an error may store, in characters.
pub(crate) const TEXT_CHARS: usize = 1000;

/// Text as a column can hold it: no NUL, which PostgreSQL refuses, and not longer than is of use.
pub(crate) fn text(value: &str, max_chars: usize) -> String {
    value.chars().filter(|c| *c != '\0').take(max_chars).collect()
}

/// [`text`] of something that may be absent.
pub(crate) fn optional_text(value: Option<&str>, max_chars: usize) -> Option<String> {
    value.map(|value| text(value, max_chars))
}

/// Columns count in `BIGINT`.
pub(crate) fn to_column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn from_column(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A column that counts in `INTEGER`.
pub(crate) fn from_integer(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// # Errors
/// `Corrupt` when the column does not hold a UUID.
pub(crate) fn uuid(what: &'static str, value: &str) -> StoreResult<Uuid> {
    Uuid::parse_str(value).map_err(|_not_a_uuid| StoreError::corrupt(what, value))
}

/// The value that `parse` finds for a stored slug.
///
/// # Errors
/// `Corrupt` when it finds none.
pub(crate) fn slug<T>(
    what: &'static str,
    value: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> StoreResult<T> {
    parse(value).ok_or_else(|| StoreError::corrupt(what, value))
}

/// # Errors
/// `Corrupt` when the column does not hold such JSON.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    json: &str,
) -> StoreResult<T> {
    serde_json::from_str(json).map_err(|_not_such_json| StoreError::corrupt(what, json))
}

/// # Errors
/// `Encode` when `value` cannot be JSON.
pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|source| StoreError::Encode { what, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_characters_and_loses_its_nuls() {
        assert_eq!(text("a\0b", 10), "ab");
        assert_eq!(text("äöü", 2), "äö");
    }
}
