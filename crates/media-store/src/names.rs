//! File names from titles, which strangers write.

/// The longest name in bytes of UTF-8; file systems allow 255, archives and tools less.
pub(crate) const MAX_NAME_BYTES: usize = 200;
const MAX_ASCII_STEM: usize = 80;
const FALLBACK: &str = "video";

/// A name for people: what the title says, safe on Windows, macOS and Linux, at most 200 bytes.
/// `extension` comes from us, without the dot.
pub fn file_name(title: &str, extension: &str) -> String {
    let limit = MAX_NAME_BYTES.saturating_sub(extension.len().saturating_add(1));
    let cleaned: String =
        title.chars().map(replace_forbidden).filter(|c| !is_invisible(*c)).collect();
    let collapsed = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = without_runs_of_dots(collapsed.trim_matches(['.', ' ']));
    let stem = truncate(&whole, limit).trim_end_matches(['.', ' ']);
    let stem = if stem.is_empty() { FALLBACK } else { stem };
    let guard = if is_reserved(stem) { "_" } else { "" };
    format!("{guard}{}.{extension}", truncate(stem, limit.saturating_sub(guard.len())))
}

/// The title as a segment of a storage key: ASCII letters and digits, the rest folded into `_`.
pub fn ascii_stem(title: &str) -> String {
    let mut stem = String::new();
    for c in title.chars() {
        if stem.len() >= MAX_ASCII_STEM {
            break;
        }
        if c.is_ascii_alphanumeric() || (c == '-' && !stem.is_empty()) {
            stem.push(c);
        } else if !stem.is_empty() && !stem.ends_with('_') && !c.is_alphabetic() {
            stem.push('_');
        }
    }
    let stem = stem.trim_end_matches(['_', '-']);
    if stem.is_empty() { FALLBACK.to_owned() } else { stem.to_owned() }
}

/// `..` leads upwards in a path. It does not within a longer name, but not all who look for it look
/// that closely, so that an ellipsis is written as one.
fn without_runs_of_dots(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("..") {
        written.push_str(before);
        written.push('…');
        rest = after.trim_start_matches('.');
    }
    written + rest
}

/// What Windows refuses in a name, and what separates paths anywhere.
fn replace_forbidden(c: char) -> char {
    match c {
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
        c if c.is_control() => ' ',
        c => c,
    }
}

/// Marks that change how a name reads (bidirectional overrides: `gpj.exe`) or show nothing at all.
/// Joiners stay: emoji and several scripts are spelled with them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The longest beginning of `text` of at most `limit` bytes, never through a character.
pub(crate) fn truncate(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// Device names that Windows reserves, with any extension.
fn is_reserved(stem: &str) -> bool {
    let base = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |name: &str| {
        let digit = base.strip_prefix(name).unwrap_or_default();
        matches!(digit.as_bytes(), [b'1'..=b'9'])
    };
    matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::StorageKey;

    #[test]
    fn hostile_titles_become_plain_names() {
        for (title, name) in [
            ("../../etc/passwd", "_…_etc_passwd.mp4"),
            ("well... no. So....that", "well… no. So…that.mp4"),
            ("what...", "what.mp4"),
            ("a/b\\c:d", "a_b_c_d.mp4"),
            ("CON", "_CON.mp4"),
            ("com1.tar", "_com1.tar.mp4"),
            ("...", "video.mp4"),
            ("", "video.mp4"),
            ("line\r\nbreak", "line break.mp4"),
            ("abc\u{202e}gpj", "abcgpj.mp4"),
            ("日本語 👩‍👩‍👧", "日本語 👩‍👩‍👧.mp4"),
            ("trailing. . .", "trailing.mp4"),
        ] {
            assert_eq!(file_name(title, "mp4"), name);
        }
    }

    proptest! {
        #[test]
        fn any_title_gives_a_name_that_every_system_takes(title in "\\PC{0,300}|[\\x00-\\x7f]{0,300}") {
            let name = file_name(&title, "webm");
            prop_assert!(name.len() <= MAX_NAME_BYTES && name.ends_with(".webm"));
            prop_assert!(!name.contains(['/', '\\', ':', '"', '*', '?', '<', '>', '|']));
            prop_assert!(!name.contains(".."));
            prop_assert!(!name.starts_with(['.', ' ']) && !name.chars().any(char::is_control));
            prop_assert!(!is_reserved(&name));
        }

        #[test]
        fn any_title_gives_a_segment_of_a_key(title in "\\PC{0,300}") {
            let key = format!("singlelink/{}.mp4", ascii_stem(&title));
            prop_assert!(key.parse::<StorageKey>().is_ok(), "{key}");
        }
    }
}
