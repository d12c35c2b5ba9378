//! Just enough PKCS#8 for Ed25519 (RFC 8410): the 32-byte seed in, the 48-byte v1 form out.
//!
//! jsonwebtoken derives a public key only from the v1 form, while tools write v1 (OpenSSL) and v2
//! (with the public key appended; *ring*, ed25519-dalek) alike. Both hold the seed behind the same
//! octets, so a key is normalised to v1 once, when it is read.

use base64::{Engine as _, engine::general_purpose::STANDARD};

const SEED_BYTES: usize = 32;
/// A sequence of version 0, the algorithm id-Ed25519 and an octet string in an octet string.
const V1_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// The part of the prefix that v1 and v2 share: algorithm and the octets in front of the seed.
const ALGORITHM_AND_SEED: [u8; 11] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// The v1 DER of a new key made from `seed`.
pub(crate) fn der_from_seed(seed: &[u8; SEED_BYTES]) -> Vec<u8> {
    [V1_PREFIX.as_slice(), seed].concat()
}

pub(crate) fn pem_from_der(der: &[u8]) -> String {
    format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", STANDARD.encode(der))
}

/// The v1 DER of an Ed25519 key in PKCS#8 PEM, or `None` when it is something else.
pub(crate) fn der_from_pem(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(PEM_BEGIN)?;
    let (body, _) = rest.split_once(PEM_END)?;
    let compact: String = body.split_whitespace().collect();
    let der = STANDARD.decode(compact).ok()?;
    // The version is the only thing between SEQUENCE and the algorithm: five octets in both forms.
    let rest = der.get(5..)?.strip_prefix(ALGORITHM_AND_SEED.as_slice())?;
    let seed: [u8; SEED_BYTES] = rest.get(..SEED_BYTES)?.try_into().ok()?;
    Some(der_from_seed(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_and_v2_of_one_seed_are_the_same_key() {
        let v1 = der_from_seed(&[7; 32]);
        let mut v2 = v1.clone();
        v2[1] = 0x51;
        v2[4] = 1;
        v2.extend([0x81, 0x21, 0]);
        v2.extend([9; 32]);
        assert_eq!(der_from_pem(&pem_from_der(&v1)), Some(v1.clone()));
        assert_eq!(der_from_pem(&pem_from_der(&v2)), Some(v1));
    }

    #[test]
    fn other_keys_are_refused() {
        assert_eq!(der_from_pem("not a key"), None);
        assert_eq!(der_from_pem(&pem_from_der(&[0x30; 48])), None);
        assert_eq!(der_from_pem(&pem_from_der(&V1_PREFIX)), None);
    }
}
