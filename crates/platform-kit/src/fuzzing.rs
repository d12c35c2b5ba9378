//! What the fuzzers in `fuzz/` reach; no API.

use std::ops::Range;

use crate::delivery::range::{Requested, parse};

/// The part of a file of `size` bytes that a `Range` header asks for, if it is one.
pub fn requested_part(header: &str, size: u64) -> Option<Range<u64>> {
    match parse(header, size) {
        Requested::Part(part) => Some(part),
        Requested::Whole | Requested::Unsatisfiable => None,
    }
}
