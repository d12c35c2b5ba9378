//! `Range` requests (RFC 9110, section 14), a single range at a time.

/// Which part of a file to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// From the first to the last byte, both included.
    Bytes {
        first: u64,
        last: u64,
    },
    Unsatisfiable,
}

/// What this `Range` header asks of a file of `len` bytes. One that is not understood counts as none.
pub(super) fn part(header: Option<&str>, len: u64) -> Part {
    header.and_then(|header| parse(header, len)).unwrap_or(Part::Whole)
}

fn parse(header: &str, len: u64) -> Option<Part> {
    let (first, last) = header.strip_prefix("bytes=")?.trim().split_once('-')?;
    if first.is_empty() {
        return Some(suffix(last.parse().ok()?, len));
    }
    let first: u64 = first.parse().ok()?;
    let last: u64 = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    if last < first {
        return None;
    }
    if first >= len {
        return Some(Part::Unsatisfiable);
    }
    Some(Part::Bytes { first, last: last.min(len - 1) })
}

fn suffix(wanted: u64, len: u64) -> Part {
    if wanted == 0 || len == 0 {
        return Part::Unsatisfiable;
    }
    Part::Bytes { first: len.saturating_sub(wanted), last: len - 1 }
}

#[cfg(test)]
mod tests {
    use super::{Part, part};

    #[test]
    fn a_range_is_clamped_to_the_file() {
        assert_eq!(part(Some("bytes=0-99"), 10), Part::Bytes { first: 0, last: 9 });
        assert_eq!(part(Some("bytes=4-"), 10), Part::Bytes { first: 4, last: 9 });
        assert_eq!(part(Some("bytes=4-6"), 10), Part::Bytes { first: 4, last: 6 });
        assert_eq!(part(Some("bytes=-3"), 10), Part::Bytes { first: 7, last: 9 });
        assert_eq!(part(Some("bytes=-30"), 10), Part::Bytes { first: 0, last: 9 });
    }

    #[test]
    fn a_range_beyond_the_file_is_unsatisfiable() {
        assert_eq!(part(Some("bytes=10-"), 10), Part::Unsatisfiable);
        assert_eq!(part(Some("bytes=-0"), 10), Part::Unsatisfiable);
    }

    #[test]
    fn a_range_that_is_not_understood_counts_as_none() {
        for header in ["bytes=5-4", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes="] {
            assert_eq!(part(Some(header), 10), Part::Whole, "{header}");
        }
        assert_eq!(part(None, 10), Part::Whole);
    }
}
