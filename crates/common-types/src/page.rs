//! Pages of a list, walked by an opaque cursor.

use serde::{Deserialize, Serialize};

/// How many items a page holds when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// How many items a page holds at the most.
pub const MAX_LIMIT: u32 = 200;

/// One page of a list, newest first. `next_cursor` is null on the last page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next_cursor: Option<String>,
}
