//! Which of YouTube's own programs asks: the answers differ.

use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// The web page's own player: gets formats without addresses, as it streams in another way.
    Web,
    /// The player inside other sites.
    Embedded,
    /// Apps and television sets: formats with plain addresses.
    App,
}

impl Client {
    /// Who sent this API request.
    pub(super) fn of(body: &Value) -> Self {
        let name = body.pointer("/context/client/clientName").and_then(Value::as_str);
        match name {
            Some("WEB" | "WEB_REMIX" | "MWEB") => Self::Web,
            Some("WEB_EMBEDDED_PLAYER") => Self::Embedded,
            _ => Self::App,
        }
    }
}
