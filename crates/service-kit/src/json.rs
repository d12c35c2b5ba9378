//! JSON bodies: size, media type, syntax and fields, each refused with its own code.

use std::{fmt::Display, future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::BytesMut};
use common_types::ErrorCode;
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;

use crate::{ApiError, ApiResult};

/// Bodies of requests are this large at most.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Extracts a JSON body. Unknown members are ignored, so that older and newer clients get along.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = check_head(request);
        let payload = payload.take();
        Box::pin(async move {
            declared?;
            let body = read_body(payload, MAX_BODY_BYTES).await?;
            parse(&body).map(Self)
        })
    }
}

/// Refuses by the head alone, before a byte of the body is read.
fn check_head(request: &HttpRequest) -> ApiResult<()> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default();
    if !is_json(media_type) {
        let detail = "The body must be application/json.";
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail));
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let limit = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX);
    if length.is_some_and(|length| length > limit) {
        Err(too_large(MAX_BODY_BYTES))
    } else {
        Ok(())
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `payload_too_large`, or `invalid_request` when the body breaks off.
pub async fn read_body(mut payload: Payload, limit: usize) -> ApiResult<BytesMut> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            ApiError::new(ErrorCode::InvalidRequest, "The body broke off.")
                .with_source(error.to_string())
        })?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(limit: usize) -> ApiError {
    let detail = format!("The body is larger than {} KiB.", limit / 1024);
    ApiError::new(ErrorCode::PayloadTooLarge, detail)
}

/// Reads `T` from a JSON object: bad syntax is `invalid_json`, a wrong field `invalid_request` with
/// a pointer to it.
///
/// # Errors
/// As said.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    // serde would take an array for a struct, field by field.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte != b'{') {
        check_syntax(body)?;
        let detail = "The body must be a JSON object.";
        return Err(ApiError::new(ErrorCode::InvalidRequest, detail));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let refused = refuse(error.inner(), pointer(error.path()));
        check_syntax(body).err().unwrap_or(refused)
    })?;
    deserializer.end().map_err(|error| invalid_json(&error))?;
    Ok(value)
}

/// `serde_json` calls some wrong types a matter of syntax, and stops at the first wrong field.
fn check_syntax(body: &[u8]) -> ApiResult<()> {
    let text = str::from_utf8(body).map_err(|error| invalid_json(&error))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| invalid_json(&error))?;
    Ok(())
}

fn invalid_json(error: &dyn Display) -> ApiError {
    ApiError::new(ErrorCode::InvalidJson, format!("The body is not valid JSON: {error}."))
}

fn refuse(error: &serde_json::Error, mut pointer: String) -> ApiError {
    let text = error.to_string();
    let (reason, _position) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    if let Some(missing) = quoted_after(reason, "missing field `") {
        pointer = format!("{pointer}/{missing}");
    }
    let reason = match reason.split_once("expected struct ") {
        Some((found, _our_name_for_it)) => format!("{found}expected an object"),
        None if !error.is_data() => format!("not a value for this field ({reason})"),
        None => reason.to_owned(),
    };
    let detail = if pointer.is_empty() { reason } else { format!("{pointer}: {reason}") };
    ApiError::invalid_field(pointer, detail)
}

fn quoted_after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.split('`').next()
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Body {
        #[expect(dead_code, reason = "only parsed")]
        urls: Vec<String>,
        #[expect(dead_code, reason = "only parsed")]
        kind: Option<Kind>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
    }

    fn refusal(body: &str) -> ApiError {
        parse::<Body>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn syntax_and_fields_are_told_apart() {
        assert_eq!(refusal("{").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("{\"urls\":[]} x").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("{\"urls\":7, x").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("{\"urls\":[],\"kind\":5}").code(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn only_an_object_is_taken() {
        for body in ["[]", " [[\"a\"],null]", "null", "7", "\"urls\""] {
            assert_eq!(refusal(body).code(), ErrorCode::InvalidRequest, "{body}");
        }
        for body in ["[", "nul", "\u{feff}{}"] {
            assert_eq!(refusal(body).code(), ErrorCode::InvalidJson, "{body}");
        }
    }

    #[test]
    fn a_wrong_field_is_pointed_at() {
        assert_eq!(refusal("{\"urls\":[\"a\",3]}").problem().errors[0].pointer, "/urls/1");
        assert_eq!(refusal("{}").problem().errors[0].pointer, "/urls");
        assert_eq!(refusal("{\"urls\":7}").problem().errors[0].pointer, "/urls");
        let kind = refusal("{\"urls\":[],\"kind\":5}");
        assert_eq!(kind.problem().errors[0].pointer, "/kind");
    }
}
