//! Sessions and API keys.

use common_types::account::{ApiKey, ApiKeyRequest, Done, Session};
use serde_json::{Value, json};
use service_kit::openapi::Operation;

pub(super) fn operations() -> [Operation; 5] {
    [list_sessions(), end_session(), list_keys(), create_key(), delete_key()]
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn list_sessions() -> Operation {
    Operation::get("/sessions", "list_sessions")
        .summary("One's sessions in force")
        .for_users("read")
        .answers_page::<Session>("All of them, newest first; there is one page.")
}

fn end_session() -> Operation {
    Operation::delete("/sessions/{session}", "end_session")
        .summary("End one of one's sessions")
        .for_sessions()
        .path_parameter("session", "The session's.", uuid())
        .answers::<Done>(200, "It has ended.")
}

fn list_keys() -> Operation {
    Operation::get("/api-keys", "list_api_keys")
        .summary("One's API keys")
        .for_users("read")
        .answers_page::<ApiKey>("All of them, without what is secret; there is one page.")
}

fn create_key() -> Operation {
    Operation::post("/api-keys", "create_api_key")
        .summary("Make an API key")
        .about(
            "`read` lets it look at and fetch what there is, `download` ask for downloads, cancel, \
             retry and delete them, and `admin`, which administrators alone may give, what is for \
             administrators. No key makes keys, changes the password or ends sessions, whatever its \
             scopes.",
        )
        .for_sessions()
        .body::<ApiKeyRequest>(json!({
            "name": "the television", "expires_in_days": 365, "scopes": ["read"],
        }))
        .answers::<ApiKey>(201, "`key` is shown here and never again.")
}

fn delete_key() -> Operation {
    Operation::delete("/api-keys/{key}", "delete_api_key")
        .summary("Delete an API key")
        .for_sessions()
        .path_parameter("key", "The key's id.", uuid())
        .answers::<Done>(200, "It is refused from now on.")
}
