//! `Range: bytes=…` (RFC 9110, section 14.2).

use std::ops::Range;

/// Which bytes are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    Whole,
    Part(Range<u64>),
    Unsatisfiable,
}

/// What `header` asks of a file of `size` bytes. Another unit, a malformed range and several ranges
/// at once are answered with the whole file, as the RFC allows; only a range that begins behind the
/// end is refused.
pub(crate) fn parse(header: &str, size: u64) -> Requested {
    let Some((unit, set)) = header.split_once('=') else { return Requested::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Requested::Whole;
    }
    let mut specs = set.split(',').map(str::trim).filter(|spec| !spec.is_empty());
    match (specs.next(), specs.next()) {
        (Some(spec), None) => parse_one(spec, size).unwrap_or(Requested::Whole),
        _ => Requested::Whole,
    }
}

fn parse_one(spec: &str, size: u64) -> Option<Requested> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let suffix = number(last)?;
        let is_empty = suffix == 0 || size == 0;
        let part = Requested::Part(size.saturating_sub(suffix)..size);
        return Some(if is_empty { Requested::Unsatisfiable } else { part });
    }
    let start = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1) };
    if end <= start && !last.is_empty() {
        return None;
    }
    let part = Requested::Part(start..end.min(size));
    Some(if start < size { part } else { Requested::Unsatisfiable })
}

/// Digits only: `parse` would also take a sign. A number too large for us is behind any end.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_the_rfc() {
        for (header, requested) in [
            ("bytes=0-0", Requested::Part(0..1)),
            ("bytes=0-", Requested::Part(0..100)),
            ("bytes=10-19", Requested::Part(10..20)),
            ("bytes=90-999", Requested::Part(90..100)),
            ("bytes=-5", Requested::Part(95..100)),
            ("bytes=-500", Requested::Part(0..100)),
            ("Bytes = 1-2", Requested::Part(1..3)),
            ("bytes=100-", Requested::Unsatisfiable),
            ("bytes=-0", Requested::Unsatisfiable),
            ("bytes=99999999999999999999999-", Requested::Unsatisfiable),
            ("bytes=5-4", Requested::Whole),
            ("bytes=", Requested::Whole),
            ("bytes=a-b", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
            ("bytes=0-1,5-6", Requested::Whole),
            ("items=0-1", Requested::Whole),
            ("", Requested::Whole),
        ] {
            assert_eq!(parse(header, 100), requested, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_beyond_the_end(header in "bytes=[0-9-]{0,12}", size in 0_u64..1000) {
            if let Requested::Part(range) = parse(&header, size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
