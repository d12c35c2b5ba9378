//! What the document says of the API as a whole, and the gateway's own operations.

use common_types::{health::PlatformHealth, paths::SESSION_COOKIE, problem::CONTENT_TYPE};
use serde_json::{Map, Value, json};
use service_kit::{
    VERSION,
    openapi::{Operation, Part},
};

const ABOUT: &str = "\
Magpie fetches video and audio for the people who run it.

Register, log in, and send the token as `Authorization: Bearer …`; or make an API key and send that. \
Browsers use the cookie that login sets; a request that changes state is then refused with `csrf` \
unless it comes from the same origin.

JSON is UTF-8. Members that a request has beyond those described are ignored, and answers may gain \
members, so that older and newer programs get along. Times are RFC 3339 in UTC. Lists are walked by \
an opaque cursor. What belongs to another user does not exist.

Every error is `application/problem+json` (RFC 9457) with a stable `code`; `errors` points at wrong \
fields. Beside what an operation lists, any path answers 405 `method_not_allowed`, with `Allow`, for \
a method that it does not know, 413 for a body beyond 64 KiB, and 415 for one with a \
`Content-Encoding`. `HEAD` works wherever `GET` does.

A service that does not answer is left out of this document, and named in `x-missing-services`.

The examples work as they stand against `magpie up --demo`.";

/// The document without its operations.
pub(super) fn head() -> Map<String, Value> {
    let head = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Magpie",
            "version": VERSION,
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/", "description": "This origin." }],
        "tags": [],
        "paths": {},
        "components": {
            "headers": headers(),
            "securitySchemes": security_schemes(),
            "responses": {},
            "schemas": {},
        },
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The token that login answers with.",
        },
        "api_key": {
            "type": "http", "scheme": "bearer",
            "description": "An API key, `mgp_…`, in the place of a token.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": SESSION_COOKIE,
            "description": "The cookie that login sets, for browsers.",
        },
    })
}

fn headers() -> Value {
    let number = || json!({ "type": "integer", "minimum": 0 });
    json!({
        "X-Request-Id": {
            "description": "The request's id: the caller's, if it is a token of at most 64 characters.",
            "required": true,
            "schema": { "type": "string", "maxLength": 64 },
        },
        "RateLimit-Limit": { "description": "Requests a minute.", "schema": number() },
        "RateLimit-Remaining": { "description": "How many are left.", "schema": number() },
        "RateLimit-Reset": { "description": "Seconds until all are there again.", "schema": number() },
    })
}

/// The gateway's own operations.
pub(super) fn part() -> Part {
    Part::new("gateway", "").tag("gateway", "What the one origin answers by itself.").operations([
        root(),
        health(),
        livez(),
        readyz(),
        document(),
        docs(),
    ])
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn root() -> Operation {
    let info = json!({
        "type": "object",
        "required": ["name", "version", "documentation", "endpoints"],
        "properties": {
            "name": text(),
            "version": text(),
            "documentation": text(),
            "endpoints": { "type": "object", "additionalProperties": text() },
        },
    });
    Operation::get("/", "get_root")
        .summary("The web page, or what there is")
        .about("The page for those whose `Accept` has `text/html`.")
        .for_anyone()
        .without_service()
        .answers_as(200, "The page, or where to begin.", "application/json", info)
        .answers_as(200, "", "text/html", text())
}

fn health() -> Operation {
    Operation::get("/health", "get_health")
        .summary("Whether the platform works")
        .for_anyone()
        .without_service()
        .answers::<PlatformHealth>(200, "It does, perhaps without a service or two.")
        .answers::<PlatformHealth>(503, "It does not.")
}

fn livez() -> Operation {
    probe(Operation::get("/livez", "get_livez").summary("Whether the gateway turns over"))
}

fn readyz() -> Operation {
    probe(Operation::get("/readyz", "get_readyz").summary("Whether the gateway can do its work"))
        .answers_as(
            503,
            "It cannot yet, or shuts down.",
            CONTENT_TYPE,
            json!({ "$ref": "#/components/schemas/Problem" }),
        )
        .with_header("Retry-After", "Seconds to wait before asking again.")
}

fn probe(operation: Operation) -> Operation {
    let status = json!({
        "type": "object", "required": ["status"], "properties": { "status": text() },
    });
    operation.for_anyone().without_service().answers_as(200, "Yes.", "application/json", status)
}

fn document() -> Operation {
    Operation::get(super::PATH, "get_openapi")
        .summary("This document")
        .for_anyone()
        .without_service()
        .header("If-None-Match", "Tags: nothing, if it is still one of these.", text())
        .answers_as(200, "OpenAPI 3.1.", "application/json", json!({ "type": "object" }))
        .with_header("ETag", "A strong tag; absent where a service is.")
        .with_header(
            "Cache-Control",
            "May be kept for a minute; `no-store` where a service is absent.",
        )
        .answers_nothing(304, "It is still the version that the client holds.")
}

fn docs() -> Operation {
    Operation::get(crate::docs::PATH, "get_docs")
        .summary("This document, to read")
        .for_anyone()
        .without_service()
        .answers_as(200, "A page.", "text/html", text())
}
