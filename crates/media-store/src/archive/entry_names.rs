//! Names of entries: unique for every file system that an archive may be unpacked on.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use crate::names::{MAX_NAME_BYTES, truncate};

/// Below this many entries, `001` is wide enough.
const MIN_WIDTH: usize = 3;

/// The names, each made unique by ` (2)` before its extension where need be. Names that differ only
/// in case or in how an accent is spelled are the same: Windows and macOS say so.
pub fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = Taken::default();
    names.into_iter().map(|name| taken.take(name)).collect()
}

/// `001_Title.mp4`, by the index in a playlist of `total` entries.
pub fn numbered_name(index: u32, total: u64, filename: &str) -> String {
    let width = total.to_string().len().max(MIN_WIDTH);
    let number = format!("{index:0width$}_");
    let (stem, extension) = split(filename);
    let room = MAX_NAME_BYTES.saturating_sub(number.len().saturating_add(extension.len()));
    format!("{number}{}{extension}", truncate(stem, room))
}

/// Names that are given away, folded.
#[derive(Default)]
struct Taken {
    names: HashSet<String>,
    /// The number to try next, by name, so that thousands of one title cost a look-up each.
    numbers: HashMap<String, u64>,
}

impl Taken {
    fn take(&mut self, name: String) -> String {
        if self.names.insert(folded(&name)) {
            return name;
        }
        let (stem, extension) = split(&name);
        // By what any suffix leaves of it: long names may differ only in what has to go.
        let rest = folded(&suffixed(stem, &format!(" ({}){extension}", u64::MAX)));
        let number = self.numbers.entry(rest).or_insert(2);
        loop {
            let candidate = suffixed(stem, &format!(" ({number}){extension}"));
            *number = number.saturating_add(1);
            if self.names.insert(folded(&candidate)) {
                return candidate;
            }
        }
    }
}

/// The stem, cut so that there is room for the suffix.
fn suffixed(stem: &str, suffix: &str) -> String {
    let room = MAX_NAME_BYTES.saturating_sub(suffix.len());
    format!("{}{suffix}", truncate(stem, room))
}

/// What is equal here is one file on a file system that ignores case and normalises. Capitals of
/// small letters come nearest to Unicode's case folding: they make both kinds of sigma one, and
/// sharp s two letters. Taking too much for equal only costs a suffix.
fn folded(name: &str) -> String {
    name.nfd().flat_map(char::to_lowercase).flat_map(char::to_uppercase).nfd().collect()
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
    fn letters_that_only_capitals_make_equal_are_told_apart() {
        // NTFS takes final and medial sigma for one, APFS also sharp s and double s.
        for (one, other) in
            [("σας.mp4", "σασ.mp4"), ("straße.mp4", "STRASSE.mp4"), ("\u{212a}.mp4", "k.mp4")]
        {
            assert_ne!(unique_of(&[one, other])[1], other);
        }
    }

    #[test]
    fn one_title_for_everything_is_no_burden() {
        let names = unique_names(std::iter::repeat_n("a.mp4".to_owned(), 50_000));
        assert_eq!(names.last().unwrap(), "a (50000).mp4");
        // Long titles that differ only where the suffix has to go.
        let long = |number: u32| format!("{}{number:05}.mp4", "x".repeat(191));
        let names = unique_names((0..10_000).map(|at| long(at / 2)));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 10_000);
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES));
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
