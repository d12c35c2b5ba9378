//! `Idempotency-Key`: a request that is sent again creates nothing again.

use actix_web::HttpRequest;
use common_types::{ErrorCode, internal::downloads::Idempotency};
use serde::Serialize;
use service_kit::{ApiError, ApiResult};
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
const MAX_KEY_CHARS: usize = 255;

/// The key that came with a request, and a digest of what was asked: the path and the body as it
/// was understood, so that white space and the order of fields make no difference.
///
/// # Errors
/// `invalid_request` for a key that is empty, too long or not visible ASCII.
pub(super) fn read<T: Serialize>(
    request: &HttpRequest,
    body: &T,
) -> ApiResult<Option<Idempotency>> {
    let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
    let refused = || {
        let detail = "An Idempotency-Key is 1 to 255 visible ASCII characters.";
        ApiError::new(ErrorCode::InvalidRequest, detail)
    };
    let key = value.to_str().map_err(|_not_ascii| refused())?.trim();
    if key.is_empty() || key.len() > MAX_KEY_CHARS {
        return Err(refused());
    }
    let body = serde_json::to_vec(body).map_err(ApiError::internal)?;
    let mut digest = Sha256::new();
    digest.update(request.path().as_bytes());
    digest.update([0]);
    digest.update(&body);
    let request_hash = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Idempotency { key: key.to_owned(), request_hash }))
}
