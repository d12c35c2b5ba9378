//! Names of entries: unique for every file system that an archive may be unpacked on.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::names::{MAX_NAME_BYTES, truncate};

/// Below this many entries, `001` is wide enough.
const MIN_WIDTH: usize = 3;

/// The names, each made unique by ` (2)` before its extension where need be. Names that differ only
/// in case or in how an accent is spelled are the same: Windows and macOS say so.
pub fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    names.into_iter().map(|name| unique(name, &mut taken)).collect()
}

/// `001_Title.mp4`, by the index in a playlist of `total` entries.
pub fn numbered_name(index: u32, total: u64, filename: &str) -> String {
    let width = total.to_string().len().max(MIN_WIDTH);
    let number = format!("{index:0width$}_");
    let (stem, extension) = split(filename);
    let room = MAX_NAME_BYTES.saturating_sub(number.len().saturating_add(extension.len()));
    format!("{number}{}{extension}", truncate(stem, room))
}

fn unique(name: String, taken: &mut HashSet<String>) -> String {
    if taken.insert(folded(&name)) {
        return name;
    }
    let (stem, extension) = split(&name);
    let candidates = (2_u64..).map(|number| {
        let suffix = format!(" ({number}){extension}");
        let room = MAX_NAME_BYTES.saturating_sub(suffix.len());
        format!("{}{suffix}", truncate(stem, room))
    });
    let free = candidates.into_iter().find(|candidate| taken.insert(folded(candidate)));
    free.unwrap_or(name)
}

/// What is equal here is one file on a file system that ignores case and normalises.
fn folded(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// The stem and the extension with its dot.
fn split(name: &str) -> (&str, &str) {
    name.rfind('.').and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique_of(names: &[&str]) -> Vec<String> {
        unique_names(names.iter().map(|&name| name.to_owned()))
    }

    #[test]
    fn names_that_some_file_system_takes_for_one_are_told_apart() {
        assert_eq!(
            unique_of(&["a.mp4", "A.mp4", "a.mp4", "caf\u{e9}.mp4", "cafe\u{301}.mp4", "b"]),
            ["a.mp4", "A (2).mp4", "a (3).mp4", "caf\u{e9}.mp4", "cafe\u{301} (2).mp4", "b"],
        );
        assert_eq!(
            unique_of(&["a.mp4", "a (2).mp4", "a.mp4"]),
            ["a.mp4", "a (2).mp4", "a (3).mp4"]
        );
    }

    #[test]
    fn a_suffix_never_makes_a_name_too_long() {
        let long = format!("{}.mp4", "é".repeat(98));
        for name in unique_of(&[&long, &long, &long]) {
            assert!(name.len() <= MAX_NAME_BYTES && name.ends_with(".mp4"), "{name}");
        }
        assert!(numbered_name(7, 20_000, &long).len() <= MAX_NAME_BYTES);
    }

    #[test]
    fn numbers_are_as_wide_as_the_playlist_is_long() {
        assert_eq!(numbered_name(1, 12, "a.mp4"), "001_a.mp4");
        assert_eq!(numbered_name(12, 1000, "a.mp4"), "0012_a.mp4");
    }
}
