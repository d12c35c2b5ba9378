//! Pages: how long they are, and what their cursors are.

use common_types::{
    ErrorCode,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// How many items a page is to hold.
pub(crate) fn limit(asked: Option<u32>) -> i64 {
    i64::from(asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT))
}

/// Cuts rows, of which one more than `limit` was asked for, to a page, and names the cursor of the
/// next one if there is one.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    limit: i64,
    cursor: impl FnOnce(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().map(cursor);
    (rows, next)
}

/// # Errors
/// `invalid_request` when `cursor` is not one of ours.
pub(crate) fn number(cursor: &str) -> StoreResult<i64> {
    cursor.parse().map_err(|_not_a_number| no_cursor())
}

/// The id at which a page ended, as the column has it.
///
/// # Errors
/// `invalid_request` when `cursor` is not one of ours.
pub(crate) fn id(cursor: &str) -> StoreResult<String> {
    Uuid::parse_str(cursor).map(|id| id.to_string()).map_err(|_not_an_id| no_cursor())
}

fn no_cursor() -> StoreError {
    StoreError::refused(ErrorCode::InvalidRequest, "This cursor was not made by this server.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(cut(vec![1, 2], 2, ToString::to_string), (vec![1, 2], None));
        assert_eq!(cut(vec![1, 2, 3], 2, ToString::to_string), (vec![1, 2], Some("2".to_owned())));
    }
}
