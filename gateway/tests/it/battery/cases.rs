//! The raw requests of `battery.txt`, for whoever plays them.

const BATTERY: &str = include_str!("../battery.txt");

pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What the gateway alone answers.
    pub(crate) expected: &'static str,
    pub(crate) request: Vec<u8>,
}

/// All of them, with this as the good credential.
pub(crate) fn cases(token: &str) -> Vec<Case> {
    let lines = BATTERY.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let case = |line: &'static str| {
        let mut parts = line.splitn(3, " | ");
        let mut part = || parts.next().unwrap_or_else(|| panic!("half a line: {line}"));
        let (name, expected) = (part(), part());
        Case { name, expected, request: unescape(&expand(part(), token)) }
    };
    lines.map(case).collect()
}

/// `<H>`: the version and a host; `<A>`: a good credential; `<x*9>`: nine of `x`.
fn expand(request: &str, token: &str) -> String {
    let mut expanded = request
        .replace("<H>", " HTTP/1.1\\r\\nhost: x\\r\\n")
        .replace("<A>", &format!("authorization: Bearer {token}\\r\\n"))
        .replace("<token>", token);
    while let Some((before, (what, times, after))) = next_repetition(&expanded) {
        expanded = before + &what.repeat(times) + &after;
    }
    expanded
}

fn next_repetition(text: &str) -> Option<(String, (String, usize, String))> {
    for (start, _) in text.match_indices('<') {
        let (before, rest) = text.split_at(start);
        let Some((inner, after)) = rest.trim_start_matches('<').split_once('>') else { continue };
        let Some((what, times)) = inner.rsplit_once('*') else { continue };
        let Ok(times) = times.parse() else { continue };
        return Some((before.to_owned(), (what.to_owned(), times, after.to_owned())));
    }
    None
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'0' => 0,
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            _ => byte,
        });
    }
    bytes
}
