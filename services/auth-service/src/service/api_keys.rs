//! API keys: shown once, kept as a digest.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common_types::{
    FieldError, Timestamp,
    account::{ApiKey, ApiKeyRequest, ApiKeyScope},
    internal::{accounts::NewApiKey, audit::Act},
    page::Page,
};
use service_kit::{ApiError, ApiResult};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::AuthService;

/// How every key begins, so that scanners for leaked secrets can tell one.
const PREFIX: &str = "mgp_";
/// As unguessable as a key of AES-256; a fast digest is then as good as a slow one.
const SECRET_BYTES: usize = 32;
/// What of a key is shown later, to tell it from others.
const SHOWN_CHARS: usize = 12;
const MAX_NAME_CHARS: usize = 100;
const MAX_DAYS: u32 = 3650;
const SECONDS_PER_DAY: u64 = 86_400;
/// What a key may do of which nothing else is said: all that concerns downloads, and nothing that
/// concerns accounts.
const DEFAULT_SCOPES: [ApiKeyScope; 2] = [ApiKeyScope::Read, ApiKeyScope::Download];

impl AuthService {
    pub(crate) async fn api_keys(&self, user_id: i64) -> ApiResult<Page<ApiKey>> {
        Ok(Page { items: self.db.list_api_keys(user_id).await?, next_cursor: None })
    }

    /// Makes a key. The answer is the only place where it is ever seen.
    ///
    /// # Errors
    /// `invalid_request`; `forbidden` for the scope `admin`, to everyone but administrators.
    pub(crate) async fn create_api_key(
        &self,
        user_id: i64,
        act: &Act,
        request: &ApiKeyRequest,
    ) -> ApiResult<ApiKey> {
        check(request)?;
        let scopes = scopes(request);
        if scopes.contains(&ApiKeyScope::Admin) {
            self.require_admin(user_id).await?;
        }
        let key = generate()?;
        let new = NewApiKey {
            name: request.name.trim().to_owned(),
            prefix: key.chars().take(SHOWN_CHARS).collect(),
            key_hash: digest(&key),
            scopes,
            expires_at: request.expires_in_days.map(|days| self.in_days(days)),
        };
        let made = self.db.acting(act).create_api_key(user_id, &new).await?;
        log::info!(user_id; "an API key was made");
        Ok(ApiKey { key: Some(key), ..made })
    }

    /// # Errors
    /// `not_found`, also for the key of another user.
    pub(crate) async fn delete_api_key(&self, user_id: i64, act: &Act, key: Uuid) -> ApiResult<()> {
        self.db.acting(act).delete_api_key(user_id, key).await?;
        log::info!(user_id; "an API key was deleted");
        Ok(())
    }

    fn in_days(&self, days: u32) -> Timestamp {
        let seconds = u64::from(days).saturating_mul(SECONDS_PER_DAY);
        self.shared.clock.now() + Duration::from_secs(seconds)
    }
}

fn check(request: &ApiKeyRequest) -> ApiResult<()> {
    let name = request.name.trim();
    let mut errors = Vec::new();
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let detail = "The name must have 1 to 100 characters, all printable.";
        errors.push(FieldError::new("/name", detail));
    }
    if request.expires_in_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        let detail = "A key may last for 1 to 3650 days.";
        errors.push(FieldError::new("/expires_in_days", detail));
    }
    if request.scopes.as_ref().is_some_and(Vec::is_empty) {
        let detail =
            "A key that may do nothing is of no use; leave `scopes` out for the usual ones.";
        errors.push(FieldError::new("/scopes", detail));
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_fields(errors)) }
}

/// What is asked for, each scope once, in the order in which they are always shown.
fn scopes(request: &ApiKeyRequest) -> Vec<ApiKeyScope> {
    let asked = request.scopes.as_deref().unwrap_or(&DEFAULT_SCOPES);
    ApiKeyScope::ALL.iter().copied().filter(|scope| asked.contains(scope)).collect()
}

fn generate() -> ApiResult<String> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(ApiError::internal)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)))
}

/// Lower-case hex of the whole key's SHA-256, as gateways compute it too.
fn digest(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_distinct_and_recognisable() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.starts_with("mgp_")), (47, true));
    }

    #[test]
    fn the_digest_is_lower_case_hex() {
        let sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc"), sha256_of_abc);
    }
}
