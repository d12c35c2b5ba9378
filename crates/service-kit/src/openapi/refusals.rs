//! Refusals of an operation: codes in, one response per status out.

use std::collections::BTreeMap;

use common_types::{ErrorCode, problem::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::operation::header_reference;

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
    json!({
        "description": description,
        "headers": headers(status),
        "content": { CONTENT_TYPE: { "schema": schema } },
    })
}

/// What a refusal of this status says in its head.
fn headers(status: u16) -> Value {
    let header = |description: &str, schema: Value| json!({ "description": description, "required": true, "schema": schema });
    let mut headers = Map::new();
    headers.insert("X-Request-Id".to_owned(), header_reference("X-Request-Id"));
    let own = match status {
        401 => {
            Some(("WWW-Authenticate", header("How to authenticate.", json!({ "const": "Bearer" }))))
        }
        416 => Some((
            "Content-Range",
            header("`bytes */` and the length.", json!({ "type": "string" })),
        )),
        429 | 503 => Some((
            "Retry-After",
            header(
                "Seconds to wait before asking again.",
                json!({ "type": "integer", "minimum": 0 }),
            ),
        )),
        _ => None,
    };
    headers.extend(own.map(|(name, header)| (name.to_owned(), header)));
    Value::Object(headers)
}
