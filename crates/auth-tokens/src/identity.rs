//! Who asks, as one process vouches for it to another: a short-lived HS256 token.
//!
//! Access tokens are Ed25519 and cost 40 µs to verify; an internal identity costs 2 µs to make and
//! to check, is never seen by a client, and is the only thing a service behind the gateway accepts.

use std::net::IpAddr;

use common_types::{Timestamp, account::ApiKeyScope};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{TokenError, header::JoseHeader};

const TOKEN_TYPE: &str = "magpie-identity+jwt";
const ALGORITHM: &str = "HS256";
const AUDIENCE: &str = "magpie-internal";
/// How long an identity holds: longer than any hop takes to start, shorter than a leak matters.
const LIFETIME_SECONDS: i64 = 60;
const LEEWAY_SECONDS: i64 = 5;

/// What an API key may do; a session may do everything its user may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scopes {
    All,
    Only(Vec<ApiKeyScope>),
}

/// The user on whose behalf a request is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIdentity {
    pub user_id: i64,
    /// The session of the token; absent for an API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// When the credential expires, in seconds since the epoch; absent if it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    pub scopes: Scopes,
}

/// Who asks: always a process of ours, mostly on behalf of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process that vouches, such as `gateway`.
    pub service: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserIdentity>,
    /// The address of the client, as the gateway determined it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_address: Option<IpAddr>,
}

impl Identity {
    /// A process that speaks for itself.
    pub fn of_service(service: impl Into<String>) -> Self {
        Self { service: service.into(), user: None, client_address: None }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    identity: Identity,
}

/// The shared secret that signs and verifies identities.
pub struct IdentityKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityKey")
    }
}

impl IdentityKey {
    /// A key derived from the installation's internal secret. The derivation binds it to this one
    /// purpose, so that a secret also used elsewhere signs nothing here.
    pub fn from_secret(secret: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"magpie internal identity v1\0");
        digest.update(secret.as_bytes());
        let key = digest.finalize();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            validation,
        }
    }

    /// Vouches for `identity` for the next minute.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, identity: Identity, now: Timestamp) -> Result<String, TokenError> {
        let iat = now.as_seconds();
        let exp = iat.saturating_add(LIFETIME_SECONDS);
        let claims = Claims { aud: AUDIENCE.to_owned(), iat, exp, identity };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TOKEN_TYPE.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|error| {
            log::error!("cannot sign an internal identity: {error}");
            TokenError::Invalid
        })
    }

    /// The identity that `token` vouches for.
    ///
    /// # Errors
    /// When it is not genuine, or too old.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, TokenError> {
        JoseHeader::read(token, ALGORITHM, &[TOKEN_TYPE])?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_refused| TokenError::Invalid)?;
        let claims = decoded.claims;
        let now = now.as_seconds();
        if claims.iat > now.saturating_add(LEEWAY_SECONDS) {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        Ok(claims.identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn identity() -> Identity {
        Identity {
            service: "gateway".into(),
            user: Some(UserIdentity {
                user_id: 3,
                session_id: Some("s".into()),
                expires_at: Some(9),
                scopes: Scopes::Only(vec![ApiKeyScope::Read]),
            }),
            client_address: Some(IpAddr::from([127, 0, 0, 1])),
        }
    }

    #[test]
    fn an_identity_survives_the_hop() {
        let key = IdentityKey::from_secret("a secret of this installation");
        let token = key.sign(identity(), NOW).unwrap();
        assert_eq!(key.verify(&token, NOW), Ok(identity()));
    }

    #[test]
    fn an_identity_of_another_secret_or_time_is_refused() {
        let key = IdentityKey::from_secret("a secret of this installation");
        let token = key.sign(identity(), NOW).unwrap();
        let other = IdentityKey::from_secret("another secret");
        assert_eq!(other.verify(&token, NOW), Err(TokenError::Invalid));
        let later = Timestamp::from_seconds(NOW.as_seconds() + LIFETIME_SECONDS);
        assert_eq!(key.verify(&token, later), Err(TokenError::Expired));
        let earlier = Timestamp::from_seconds(NOW.as_seconds() - LEEWAY_SECONDS - 1);
        assert_eq!(key.verify(&token, earlier), Err(TokenError::Invalid));
    }
}
