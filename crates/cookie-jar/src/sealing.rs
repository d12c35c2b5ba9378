//! Sealing: AES-256-GCM under a key that is derived from the secret which Magpie's processes share.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hkdf,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What the first byte says: how the rest was sealed.
const VERSION: u8 = 1;
/// Sets this use of the shared secret apart from every other.
const PURPOSE: &[u8] = b"magpie cookie jars, version 1";
const KEY_BYTES: usize = 32;

/// Whose cookies, and for which site: what was sealed for one opens for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    pub user_id: i64,
    pub platform: &'a str,
}

impl Owner<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.user_id.to_be_bytes());
        bytes.extend(self.platform.as_bytes());
        Aad::from(bytes)
    }
}

/// Why something was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    #[error("the cookies cannot be sealed")]
    Seal,
    #[error("what is sealed is damaged, another's, or sealed with another secret")]
    Open,
}

/// Seals and opens.
pub struct Sealer {
    key: RandomizedNonceKey,
}

impl Sealer {
    /// # Errors
    /// When the cryptography fails, which it does not.
    pub fn new(secret: &str) -> Result<Self, SealingError> {
        let mut key = [0; KEY_BYTES];
        derive(secret, &mut key).map_err(|_unspecified: Unspecified| SealingError::Seal)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key);
        Ok(Self { key: key.map_err(|_unspecified: Unspecified| SealingError::Seal)? })
    }

    /// Seals `text` for its owner, under a nonce of its own; the result is printable.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, owner: Owner<'_>, text: &str) -> Result<String, SealingError> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = self.key.seal_in_place_append_tag(owner.aad(), &mut sealed);
        let nonce = nonce.map_err(|_unspecified: Unspecified| SealingError::Seal)?;
        let mut whole = vec![VERSION];
        whole.extend(nonce.as_ref());
        whole.extend(sealed);
        Ok(STANDARD.encode(whole))
    }

    /// # Errors
    /// When it is damaged, was sealed for another owner or with another secret.
    pub fn open(&self, owner: Owner<'_>, sealed: &str) -> Result<String, SealingError> {
        self.try_open(owner, sealed).ok_or(SealingError::Open)
    }

    fn try_open(&self, owner: Owner<'_>, sealed: &str) -> Option<String> {
        let whole = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = whole.strip_prefix(&[VERSION])?.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let opened = self.key.open_in_place(nonce, owner.aad(), &mut text).ok()?.len();
        text.truncate(opened);
        String::from_utf8(text).ok()
    }
}

/// HKDF-SHA256 (RFC 5869).
fn derive(secret: &str, key: &mut [u8; KEY_BYTES]) -> Result<(), Unspecified> {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            KEY_BYTES
        }
    }
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret.as_bytes());
    extracted.expand(&[PURPOSE], Length)?.fill(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner<'static> = Owner { user_id: 7, platform: "youtube" };

    #[test]
    fn what_was_sealed_opens_for_its_owner_alone() {
        let sealer = Sealer::new("a secret that is shared").unwrap();
        let sealed = sealer.seal(OWNER, "SID=1").unwrap();
        assert_eq!(sealer.open(OWNER, &sealed), Ok("SID=1".to_owned()));
        // A restart derives the same key.
        let again = Sealer::new("a secret that is shared").unwrap();
        assert_eq!(again.open(OWNER, &sealed), Ok("SID=1".to_owned()));
        let other = Sealer::new("another secret").unwrap();
        assert_eq!(other.open(OWNER, &sealed), Err(SealingError::Open));
        for owner in [Owner { user_id: 8, ..OWNER }, Owner { platform: "vimeo", ..OWNER }] {
            assert_eq!(sealer.open(owner, &sealed), Err(SealingError::Open));
        }
    }

    #[test]
    fn the_same_is_never_sealed_alike_and_nothing_shows() {
        let sealer = Sealer::new("a secret that is shared").unwrap();
        let [one, two] = [(), ()].map(|()| sealer.seal(OWNER, "SECRETSECRETSECRET").unwrap());
        assert_ne!(one, two);
        let bytes = STANDARD.decode(&one).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("SECRET"));
    }

    #[test]
    fn any_change_of_what_is_sealed_shows() {
        let sealer = Sealer::new("a secret that is shared").unwrap();
        let sealed = STANDARD.decode(sealer.seal(OWNER, "SID=1").unwrap()).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(OWNER, &STANDARD.encode(changed)).is_err(), "byte {at}");
            let short = STANDARD.encode(&sealed[..at]);
            assert!(sealer.open(OWNER, &short).is_err(), "{at} bytes");
        }
        for nonsense in ["", "AQ==", "!", "\0"] {
            assert!(sealer.open(OWNER, nonsense).is_err());
        }
    }
}
