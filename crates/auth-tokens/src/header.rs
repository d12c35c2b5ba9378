//! The JOSE header, checked before any key is touched (RFC 8725).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::TokenError;

/// Longer tokens are not ours.
const MAX_TOKEN_BYTES: usize = 4096;

/// What we accept of a header. Members that name or carry a key (`jku`, `jwk`, `x5…`), that change
/// what the rest means (`crit`, `b64`, `zip`, `enc`) or say that more is inside (`cty`) are refused by
/// their presence: the key is chosen by configuration alone.
#[derive(Deserialize)]
pub(crate) struct JoseHeader {
    alg: String,
    typ: Option<String>,
    pub(crate) kid: Option<String>,
    crit: Option<serde_json::Value>,
    jku: Option<serde_json::Value>,
    jwk: Option<serde_json::Value>,
    x5u: Option<serde_json::Value>,
    x5c: Option<serde_json::Value>,
    x5t: Option<serde_json::Value>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<serde_json::Value>,
    b64: Option<serde_json::Value>,
    cty: Option<serde_json::Value>,
    enc: Option<serde_json::Value>,
    zip: Option<serde_json::Value>,
}

impl JoseHeader {
    /// Reads the header of `token` and insists on one algorithm and a type of `types`.
    pub(crate) fn read(token: &str, alg: &str, types: &[&str]) -> Result<Self, TokenError> {
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if token.len() > MAX_TOKEN_BYTES || !token.bytes().all(in_alphabet) {
            return Err(TokenError::Invalid);
        }
        let (encoded, _) = token.split_once('.').ok_or(TokenError::Invalid)?;
        let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_not_base64| TokenError::Invalid)?;
        let header: Self =
            serde_json::from_slice(&json).map_err(|_not_a_header| TokenError::Invalid)?;
        header.is_acceptable(alg, types).then_some(header).ok_or(TokenError::Invalid)
    }

    fn is_acceptable(&self, alg: &str, types: &[&str]) -> bool {
        let keys = [&self.jku, &self.jwk, &self.x5u, &self.x5c, &self.x5t, &self.x5t_s256];
        let meanings = [&self.crit, &self.b64, &self.cty, &self.enc, &self.zip];
        let mut forbidden = keys.into_iter().chain(meanings);
        let fits = |found: &str| types.iter().any(|typ| found.eq_ignore_ascii_case(typ));
        let typ_fits = self.typ.as_deref().is_some_and(fits);
        self.alg == alg && typ_fits && forbidden.all(Option::is_none)
    }
}
