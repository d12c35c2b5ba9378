//! `events` and `ws`.

use common_types::ErrorCode;
use serde_json::json;
use service_kit::openapi::Operation;

const MESSAGES: &str = "First a `snapshot`, `{downloads, cursor}`, with all that has not ended; then \
    `download`, `batch` and `playlist`, with an `id` and the fields that changed, at most four a \
    second of each; every 15 seconds a `heartbeat`. Of what happens while nobody listens, the last \
    states are told from the cursor on, or a new snapshot comes. A reader that is too slow gets a \
    new snapshot as well.";

pub(super) fn operations() -> [Operation; 2] {
    [events(), socket()]
}

fn events() -> Operation {
    let operation = Operation::get("/events", "stream_events")
        .summary("What happens to one's downloads, as it happens")
        .about("Server-Sent Events: `event`, `id` (a cursor) and `data` (JSON).")
        .about(MESSAGES)
        .for_users("read")
        .header(
            "Last-Event-ID",
            "Where to go on, as browsers send it; it wins over `cursor`.",
            json!({ "type": "string" }),
        );
    from_cursor(operation)
        .answers_as(200, "Events, without end.", "text/event-stream", json!({ "type": "string" }))
        .with_header("Cache-Control", "`no-cache`")
}

fn socket() -> Operation {
    let operation = Operation::get("/ws", "open_socket")
        .summary("The same over a WebSocket")
        .about("Texts of JSON: `{event, id, data}`. A client needs to send nothing.")
        .about(MESSAGES)
        .for_users("read");
    from_cursor(operation)
        .answers_nothing(101, "The connection is a WebSocket (RFC 6455) now.")
        .refuses(&[ErrorCode::Csrf, ErrorCode::InvalidRequest])
}

fn from_cursor(operation: Operation) -> Operation {
    let description = "Where to go on: the `id` of the last event that was received.";
    operation.query("cursor", description, json!({ "type": "string" }))
}
