//! Access tokens: what they claim, and the verifier that every gateway holds.

use std::collections::HashMap;

use common_types::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::{Deserialize, Serialize};

use crate::{AUDIENCE, ISSUER, TokenError, header::JoseHeader};

/// The `typ` of an access token (RFC 9068).
pub(crate) const TOKEN_TYPE: &str = "at+jwt";
/// The plain `JWT` is let in as well, for tokens that an operator's own tool signs with a key of
/// the ring; no other kind of token is ever signed with these keys, so none can be confused.
const ACCEPTED_TYPES: [&str; 2] = [TOKEN_TYPE, "JWT"];
const ALGORITHM: &str = "EdDSA";
/// How far the clocks of two machines may be apart.
const LEEWAY_SECONDS: i64 = 5;

/// The claims of an access token; times are RFC 7519 `NumericDate`s, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The session, which logout and a password change end.
    pub sid: String,
    pub jti: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

impl AccessClaims {
    /// Claims for one session of a user, in force from `now`.
    pub fn new(user_id: i64, sid: String, jti: String, now: Timestamp, exp: Timestamp) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user_id.to_string(),
            sid,
            jti,
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: exp.as_seconds(),
        }
    }

    /// The user that `sub` names, in the one spelling that we write.
    pub fn user_id(&self) -> Option<i64> {
        self.sub.parse().ok().filter(|id: &i64| *id > 0 && id.to_string() == self.sub)
    }
}

/// Verifies access tokens against a set of public keys.
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.keys()).finish()
    }
}

impl Verifier {
    /// A verifier for the keys of `jwks`; keys without an id, or of another kind, are left out.
    pub fn new(jwks: &JwkSet) -> Self {
        let keys = jwks.keys.iter().filter_map(|jwk| {
            let kid = jwk.common.key_id.clone()?;
            Some((kid, DecodingKey::from_jwk(jwk).ok()?))
        });
        Self { keys: keys.collect(), validation: validation() }
    }

    /// Whether tokens that this key signed are still believed.
    pub fn knows(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// A verifier for the keys of a JWKS document (RFC 7517).
    ///
    /// # Errors
    /// When the document is not one.
    pub fn from_json(document: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(document).map(|jwks| Self::new(&jwks))
    }

    /// The claims of a token that is genuine, ours and in time.
    ///
    /// # Errors
    /// [`TokenError`]; `UnknownKey` when a newer key set might know better.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        self.verify_signed(token, now).map(|(claims, _kid)| claims)
    }

    /// As [`Verifier::verify`], with the id of the key that signed: once it is withdrawn, what was
    /// found here holds no longer.
    ///
    /// # Errors
    /// As there.
    pub fn verify_signed(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(AccessClaims, String), TokenError> {
        let header = JoseHeader::read(token, ALGORITHM, &ACCEPTED_TYPES)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.keys.get(&kid).ok_or(TokenError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<AccessClaims>(token, key, &self.validation)
            .map_err(|_refused| TokenError::Invalid)?;
        let claims = decoded.claims;
        check_times(&claims, now)?;
        let is_ours =
            claims.user_id().is_some() && !claims.sid.is_empty() && !claims.jti.is_empty();
        if is_ours { Ok((claims, kid)) } else { Err(TokenError::Invalid) }
    }
}

/// Issuer, audience and presence are jsonwebtoken's to check; times are ours, since they are
/// measured by a clock that tests can set.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn check_times(claims: &AccessClaims, now: Timestamp) -> Result<(), TokenError> {
    let now = now.as_seconds();
    if claims.nbf.max(claims.iat) > now.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenError::Invalid);
    }
    if claims.exp <= now {
        return Err(TokenError::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyRing;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn claims() -> AccessClaims {
        let exp = Timestamp::from_seconds(NOW.as_seconds() + 60);
        AccessClaims::new(7, "sid".into(), "jti".into(), NOW, exp)
    }

    fn ring() -> (tempfile::TempDir, KeyRing) {
        let directory = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(directory.path()).unwrap();
        (directory, ring)
    }

    #[test]
    fn a_signed_token_verifies_until_it_expires() {
        let (_directory, ring) = ring();
        let verifier = Verifier::new(&ring.jwks());
        let token = ring.sign(&claims()).unwrap();
        assert_eq!(verifier.verify(&token, NOW), Ok(claims()));
        let later = Timestamp::from_seconds(claims().exp);
        assert_eq!(verifier.verify(&token, later), Err(TokenError::Expired));
        let earlier = Timestamp::from_seconds(NOW.as_seconds() - LEEWAY_SECONDS - 1);
        assert_eq!(verifier.verify(&token, earlier), Err(TokenError::Invalid));
    }

    #[test]
    fn keys_are_kept_and_the_newest_signs_while_all_verify() {
        let (directory, ring) = ring();
        let old = ring.sign(&claims()).unwrap();
        let pem = pkcs8_pem([5; 32]);
        std::fs::write(directory.path().join("next.pem"), pem).unwrap();
        let rotated = KeyRing::open(directory.path()).unwrap();
        assert_eq!(rotated.jwks().keys.len(), 2);
        let verifier = Verifier::new(&rotated.jwks());
        assert!(verifier.verify(&old, NOW).is_ok());
        let new = rotated.sign(&claims()).unwrap();
        assert!(verifier.verify(&new, NOW).is_ok());
        assert_eq!(Verifier::new(&ring.jwks()).verify(&new, NOW), Err(TokenError::UnknownKey));
    }

    #[test]
    fn a_ring_in_use_is_never_replaced_by_a_made_up_key() {
        let directory = tempfile::tempdir().unwrap();
        let empty = KeyRing::read(directory.path());
        assert!(matches!(empty, Err(crate::KeyRingError::NoKey(_))));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        let ring = KeyRing::open(directory.path()).unwrap();
        let read = KeyRing::read(directory.path()).unwrap();
        assert!(ring.kids().eq(read.kids()));
    }

    fn pkcs8_pem(seed: [u8; 32]) -> String {
        crate::pkcs8::pem_from_der(&crate::pkcs8::der_from_seed(&seed))
    }

    #[test]
    fn another_audience_or_issuer_is_refused() {
        let (_directory, ring) = ring();
        let verifier = Verifier::new(&ring.jwks());
        for spoil in [
            |claims: &mut AccessClaims| claims.aud = "other".into(),
            |claims: &mut AccessClaims| claims.iss = "other".into(),
        ] {
            let mut claims = claims();
            spoil(&mut claims);
            let token = ring.sign(&claims).unwrap();
            assert_eq!(verifier.verify(&token, NOW), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn tampered_and_confused_tokens_are_refused() {
        let (_directory, ring) = ring();
        let verifier = Verifier::new(&ring.jwks());
        let token = ring.sign(&claims()).unwrap();
        let kid = ring.jwks().keys[0].common.key_id.clone();
        let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
        header.kid = kid;
        header.typ = Some(TOKEN_TYPE.into());
        let secret = jsonwebtoken::EncodingKey::from_secret(&[1; 32]);
        let confused = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
        let swapped = token.replace('.', "A.");
        let (head, _) = token.rsplit_once('.').unwrap();
        let unsigned = format!("{head}.");
        for bad in [confused, swapped, unsigned, format!(" {token}"), "x".repeat(5000)] {
            assert_eq!(verifier.verify(&bad, NOW), Err(TokenError::Invalid), "{bad}");
        }
    }
}
