//! JSON bodies: size, media type, syntax and fields, each refused with its own code.

use std::future::Future;
use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::BytesMut};
use common_types::ErrorCode;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
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

/// Reads `T` from JSON: bad syntax is `invalid_json`, a wrong field `invalid_request` with a
/// pointer to it.
///
/// # Errors
/// As said.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        refuse(error.inner(), pointer)
    })?;
    deserializer.end().map_err(|error| refuse(&error, String::new()))?;
    Ok(value)
}

fn refuse(error: &serde_json::Error, mut pointer: String) -> ApiError {
    if !error.is_data() {
        return ApiError::new(
            ErrorCode::InvalidJson,
            format!("The body is not valid JSON: {error}."),
        );
    }
    let text = error.to_string();
    let (reason, _position) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    if let Some(missing) = quoted_after(reason, "missing field `") {
        pointer = format!("{pointer}/{missing}");
    }
    let detail =
        if pointer.is_empty() { reason.to_owned() } else { format!("{pointer}: {reason}") };
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
    }

    fn refusal(body: &str) -> ApiError {
        parse::<Body>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn syntax_and_fields_are_told_apart() {
        assert_eq!(refusal("{").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("{\"urls\":[]} x").code(), ErrorCode::InvalidJson);
        assert_eq!(refusal("[]").code(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn a_wrong_field_is_pointed_at() {
        assert_eq!(refusal("{\"urls\":[\"a\",3]}").problem().errors[0].pointer, "/urls/1");
        assert_eq!(refusal("{}").problem().errors[0].pointer, "/urls");
        assert_eq!(refusal("{\"urls\":7}").problem().errors[0].pointer, "/urls");
    }
}
