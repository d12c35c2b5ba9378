//! Tokens that stand for "go on from here".

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What is continued: a list, and how many of its entries have been shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Continuation {
    pub(super) list: String,
    pub(super) shown: u32,
}

impl Continuation {
    pub(super) fn read(token: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (list, shown) = text.split_once(' ')?;
        Some(Self { list: list.to_owned(), shown: shown.parse().ok()? })
    }

    /// The item at the end of a page that fetches the next.
    pub(super) fn item(&self) -> Value {
        let token = URL_SAFE_NO_PAD.encode(format!("{} {}", self.list, self.shown));
        json!({ "continuationItemRenderer": {
            "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN",
            "continuationEndpoint": { "continuationCommand": {
                "token": token,
                "request": "CONTINUATION_REQUEST_TYPE_BROWSE",
            } },
        } })
    }
}

#[cfg(test)]
mod tests {
    use super::Continuation;

    #[test]
    fn a_token_is_read_back() {
        let continuation = Continuation { list: "PL1".to_owned(), shown: 100 };
        let item = continuation.item();
        let token = item
            .pointer("/continuationItemRenderer/continuationEndpoint/continuationCommand/token")
            .and_then(|token| token.as_str())
            .unwrap();
        assert_eq!(Continuation::read(token), Some(continuation));
    }
}
