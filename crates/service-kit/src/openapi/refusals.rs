//! Refusals of an operation: codes in, one response per status out.

use std::collections::BTreeMap;

use common_types::{ErrorCode, problem::CONTENT_TYPE};
use serde_json::{Map, Value, json};

/// Which media code it is, only the site decides; all of them are one response.
const MEDIA: &str = "media";

/// References to the responses for `codes`, by status. The responses themselves go to `components`
/// under a name that lists the codes, so that operations which refuse alike share them.
pub(super) fn responses(
    codes: &[ErrorCode],
    components: &mut Map<String, Value>,
) -> BTreeMap<u16, Value> {
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes {
        let same = by_status.entry(code.status()).or_default();
        if !same.contains(code) {
            same.push(*code);
        }
    }
    let refer = |(status, codes): (u16, Vec<ErrorCode>)| {
        let name = name(&codes);
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        components.entry(name).or_insert_with(|| response(status, &codes));
        (status, reference)
    };
    by_status.into_iter().map(refer).collect()
}

fn name(codes: &[ErrorCode]) -> String {
    if is_media(codes) {
        return MEDIA.to_owned();
    }
    let mut slugs: Vec<&str> = codes.iter().map(|code| code.slug()).collect();
    slugs.sort_unstable();
    slugs.join(".")
}

fn is_media(codes: &[ErrorCode]) -> bool {
    codes.iter().any(|code| matches!(code, ErrorCode::Media(_)))
}

fn response(status: u16, codes: &[ErrorCode]) -> Value {
    let (description, code) = if is_media(codes) {
        let description = "The media cannot be had; `remedy` says what to do.".to_owned();
        (description, json!({ "$ref": "#/components/schemas/MediaErrorCode" }))
    } else {
        let told = codes.iter().map(|code| format!("`{}`: {}.", code.slug(), code.title()));
        let slugs: Vec<&str> = codes.iter().map(|code| code.slug()).collect();
        (told.collect::<Vec<_>>().join(" "), json!({ "enum": slugs }))
    };
    let schema = json!({
        "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            {
                "type": "object",
                "required": ["code", "status"],
                "properties": { "code": code, "status": { "const": status } },
            },
        ],
    });
    let mut response = json!({
        "description": description,
        "content": { CONTENT_TYPE: { "schema": schema } },
    });
    if let (Some(response), Some(headers)) = (response.as_object_mut(), headers(status)) {
        response.insert("headers".to_owned(), headers);
    }
    response
}

/// What a refusal of this status says in its head.
fn headers(status: u16) -> Option<Value> {
    let header = |name: &str, description: &str, schema: Value| {
        Some(json!({ name: { "description": description, "required": true, "schema": schema } }))
    };
    match status {
        401 => header("WWW-Authenticate", "How to authenticate.", json!({ "const": "Bearer" })),
        416 => header("Content-Range", "`bytes */` and the length.", json!({ "type": "string" })),
        429 | 503 => {
            let schema = json!({ "type": "integer", "minimum": 0 });
            header("Retry-After", "Seconds to wait before asking again.", schema)
        }
        _ => None,
    }
}
