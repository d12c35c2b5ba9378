//! `Content-Disposition: attachment` with a name for old clients and the real one (RFC 6266, 8187).

use std::fmt::Write;

/// The header for a file of this name, which may hold anything.
pub(super) fn attachment(filename: &str) -> String {
    let mut value = format!("attachment; filename=\"{}\"; filename*=UTF-8''", ascii(filename));
    for byte in filename.bytes() {
        if is_attr_char(byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(value, "%{byte:02X}");
        }
    }
    value
}

/// What a client without `filename*` gets: ASCII, without quotes, escapes or `%`, which some decode.
fn ascii(filename: &str) -> String {
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    filename.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}

/// `attr-char` of RFC 8187.
fn is_attr_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_one_header_of_ascii() {
        assert_eq!(
            attachment("a b.mp4"),
            "attachment; filename=\"a b.mp4\"; filename*=UTF-8''a%20b.mp4"
        );
        assert_eq!(
            attachment("é\"\r\nX: y%.mp4"),
            "attachment; filename=\"____X: y_.mp4\"; filename*=UTF-8''%C3%A9%22%0D%0AX%3A%20y%25.mp4"
        );
    }
}
