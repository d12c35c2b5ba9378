//! Where a client has come in a user's events.

use std::{fmt, str::FromStr};

/// Longer than any of ours.
const MAX_CHARS: usize = 80;

/// A position in the events of one process. Another's are unknown to us, and so lead to a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    epoch: String,
    position: u64,
}

/// It was not made by this server, or by any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoCursor;

impl Cursor {
    pub(crate) fn new(epoch: &str, position: u64) -> Self {
        Self { epoch: epoch.to_owned(), position }
    }

    pub(crate) fn position_in(&self, epoch: &str) -> Option<u64> {
        (self.epoch == epoch).then_some(self.position)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.position)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (epoch, position) = text.rsplit_once('-').ok_or(NoCursor)?;
        let position = position.parse().map_err(|_not_a_number| NoCursor)?;
        let is_ours = text.len() <= MAX_CHARS && epoch.bytes().all(|b| b.is_ascii_alphanumeric());
        is_ours.then(|| Self::new(epoch, position)).ok_or(NoCursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor::new("0af3", 17);
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert_eq!((cursor.position_in("0af3"), cursor.position_in("0af4")), (Some(17), None));
        for text in ["", "-", "x", "a-b", "a b-1", "é-1", "a--1"] {
            assert_eq!(text.parse::<Cursor>(), Err(NoCursor), "{text}");
        }
    }
}
