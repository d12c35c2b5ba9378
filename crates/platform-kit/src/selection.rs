//! Which entries of a playlist are wanted: a range, or a list such as `1-3,7`.

use common_types::{
    ErrorCode, FieldError, internal::collections::Selection, playlist::PlaylistRequest,
};
use service_kit::{ApiError, ApiResult};

/// More parts than a person would type.
const MAX_PARTS: usize = 200;

/// The selection of a request, checked and in its shortest form.
///
/// # Errors
/// `invalid_range`, naming the field.
pub(crate) fn checked(request: &PlaylistRequest) -> ApiResult<Selection> {
    let start_index = index("/start_index", request.start_index)?;
    let end_index = index("/end_index", request.end_index)?;
    if end_index.is_some_and(|end| end < start_index.unwrap_or(1)) {
        return Err(refused("/end_index", "The end of the range is before its start."));
    }
    let Some(items) = &request.items else {
        return Ok(Selection { start_index, end_index, items: None });
    };
    if start_index.is_some() || end_index.is_some() {
        let detail = "Either `items` or `start_index` and `end_index` can be given, not both.";
        return Err(refused("/items", detail));
    }
    let ranges = parse(items)
        .ok_or_else(|| refused("/items", "This is not a list of indices such as `1-3,7`."))?;
    Ok(Selection { start_index: None, end_index: None, items: Some(written(&ranges)) })
}

/// An index further on than any list goes is as good as the last that there can be.
fn index(pointer: &str, asked: Option<i64>) -> ApiResult<Option<u32>> {
    match asked {
        Some(index) if index < 1 => Err(refused(pointer, "Indices count from 1.")),
        Some(index) => Ok(Some(u32::try_from(index).unwrap_or(u32::MAX))),
        None => Ok(None),
    }
}

fn refused(pointer: &str, detail: &str) -> ApiError {
    let errors = vec![FieldError::new(pointer, detail)];
    ApiError::new(ErrorCode::InvalidRange, detail).with_errors(errors)
}

/// The indices that are wanted, as ranges that neither touch nor overlap, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<(u32, u32)>);

impl Wanted {
    /// Reads a selection that was checked; an unreadable one wants nothing.
    pub(crate) fn new(selection: &Selection) -> Self {
        match &selection.items {
            Some(items) => Self(parse(items).unwrap_or_default()),
            None => {
                let start = selection.start_index.unwrap_or(1);
                Self(vec![(start, selection.end_index.unwrap_or(u32::MAX))])
            }
        }
    }

    pub(crate) fn contains(&self, index: u32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&index))
    }

    /// The first index that is wanted.
    pub(crate) fn first(&self) -> u32 {
        self.0.first().map_or(1, |(first, _)| *first)
    }

    /// The last index that is wanted; `u32::MAX` for "to the end".
    pub(crate) fn last(&self) -> u32 {
        self.0.last().map_or(0, |(_, last)| *last)
    }

    /// The index of the wanted entry number `count`, or the last that is wanted if that comes before.
    pub(crate) fn index_of(&self, count: u32) -> u32 {
        let mut left = count.max(1);
        for (first, last) in &self.0 {
            let length = last.saturating_sub(*first).saturating_add(1);
            if length >= left {
                return first.saturating_add(left.saturating_sub(1));
            }
            left = left.saturating_sub(length);
        }
        self.last()
    }

    /// How many of the indices from 1 to `total` are wanted.
    pub(crate) fn count_up_to(&self, total: u64) -> u64 {
        let within = self.0.iter().map(|(first, last)| {
            let last = u64::from(*last).min(total);
            last.saturating_add(1).saturating_sub(u64::from(*first))
        });
        within.sum()
    }
}

fn parse(text: &str) -> Option<Vec<(u32, u32)>> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if parts.len() > MAX_PARTS {
        return None;
    }
    let mut ranges = parts.into_iter().map(parse_part).collect::<Option<Vec<_>>>()?;
    ranges.sort_unstable();
    Some(merged(ranges))
}

fn parse_part(part: &str) -> Option<(u32, u32)> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (number(first)?, number(last)?);
    (first >= 1 && last >= first).then_some((first, last))
}

/// Digits only: `parse` would also take a sign.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn merged(ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (first, last) in ranges {
        match merged.last_mut().filter(|(_, end)| first <= end.saturating_add(1)) {
            Some((_, end)) => *end = last.max(*end),
            None => merged.push((first, last)),
        }
    }
    merged
}

fn written(ranges: &[(u32, u32)]) -> String {
    let parts = ranges.iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    });
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> PlaylistRequest {
        service_kit::json::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_selection_is_brought_into_its_shortest_form() {
        let selection =
            checked(&request("{\"url\":\"x\",\"items\":\" 7, 1-3,2-5,6 ,9\"}")).unwrap();
        assert_eq!(selection.items.as_deref(), Some("1-7,9"));
        let wanted = Wanted::new(&selection);
        assert!(wanted.contains(7) && !wanted.contains(8) && wanted.contains(9));
        assert_eq!((wanted.first(), wanted.last()), (1, 9));
        assert_eq!((wanted.count_up_to(100), wanted.count_up_to(4)), (8, 4));
        assert_eq!((wanted.index_of(7), wanted.index_of(8), wanted.index_of(50)), (7, 9, 9));
    }

    #[test]
    fn without_a_selection_everything_is_wanted() {
        let wanted = Wanted::new(&checked(&request("{\"url\":\"x\"}")).unwrap());
        assert!(wanted.contains(1) && wanted.contains(5000));
        assert_eq!(wanted.count_up_to(12), 12);
        let from_third = checked(&request("{\"url\":\"x\",\"start_index\":3}")).unwrap();
        assert_eq!(Wanted::new(&from_third).count_up_to(12), 10);
    }

    #[test]
    fn impossible_ranges_are_refused_by_field() {
        for (json, pointer) in [
            ("{\"url\":\"x\",\"start_index\":0}", "/start_index"),
            ("{\"url\":\"x\",\"start_index\":3,\"end_index\":2}", "/end_index"),
            ("{\"url\":\"x\",\"end_index\":0}", "/end_index"),
            ("{\"url\":\"x\",\"start_index\":-1}", "/start_index"),
            ("{\"url\":\"x\",\"end_index\":-9}", "/end_index"),
            ("{\"url\":\"x\",\"start_index\":10000000000,\"end_index\":5}", "/end_index"),
            ("{\"url\":\"x\",\"items\":\"\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"3-1\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"0\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"1,,2\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"+1\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"all\"}", "/items"),
            ("{\"url\":\"x\",\"items\":\"1\",\"start_index\":1}", "/items"),
        ] {
            let error = checked(&request(json)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidRange, "{json}");
            assert_eq!(error.problem().errors[0].pointer, pointer, "{json}");
        }
    }
}
