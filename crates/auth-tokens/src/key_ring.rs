//! The private keys that sign access tokens: a directory of `<kid>.pem`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse, ThumbprintHash},
};

use crate::{AccessClaims, access, pkcs8};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    #[error("cannot read the key directory {0}")]
    ReadDirectory(PathBuf, #[source] io::Error),
    #[error("cannot read the key {0}")]
    ReadKey(PathBuf, #[source] io::Error),
    #[error("{0} is not an Ed25519 private key in PKCS#8 PEM")]
    NotAKey(PathBuf),
    #[error("there is no key in {0}")]
    NoKey(PathBuf),
    #[error("cannot write a new key to {0}")]
    WriteKey(PathBuf, #[source] io::Error),
    #[error("cannot gather randomness for a new key")]
    Randomness(#[source] getrandom::Error),
    #[error("cannot use the key")]
    Crypto(#[from] jsonwebtoken::errors::Error),
}

struct SigningKey {
    kid: String,
    encoding: EncodingKey,
    public: Jwk,
}

/// The keys of one directory: the newest signs, all verify.
pub struct KeyRing {
    /// Oldest first; never empty.
    keys: Vec<SigningKey>,
    signing: usize,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl KeyRing {
    /// Reads every `<kid>.pem` of `directory`, which is made, with one key, if it holds none.
    ///
    /// # Errors
    /// When the directory cannot be read or written, or a file in it is not an Ed25519 key.
    pub fn open(directory: &Path) -> Result<Self, KeyRingError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| KeyRingError::ReadDirectory(directory.to_owned(), error))?;
        match Self::read(directory) {
            Err(KeyRingError::NoKey(_)) => {
                generate(directory)?;
                Self::read(directory)
            }
            ring => ring,
        }
    }

    /// As [`KeyRing::open`], but makes nothing: for a ring that is in use, a directory that has
    /// become empty is a mistake, and a new key would only hide it.
    ///
    /// # Errors
    /// [`KeyRingError::NoKey`]; else as there.
    pub fn read(directory: &Path) -> Result<Self, KeyRingError> {
        let keys = read_all(directory)?;
        let newest = keys.len().checked_sub(1);
        let signing = newest.ok_or_else(|| KeyRingError::NoKey(directory.to_owned()))?;
        Ok(Self { keys, signing })
    }

    /// The ids of the keys, oldest first: the last one signs.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.kid.as_str())
    }

    /// Signs `claims` with the newest key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, KeyRingError> {
        let key = self.keys.get(self.signing).ok_or_else(|| KeyRingError::NoKey(PathBuf::new()))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        header.typ = Some(access::TOKEN_TYPE.to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &key.encoding)?)
    }

    /// The public halves as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().map(|key| key.public.clone()).collect() }
    }
}

/// All keys of the directory, oldest first; equal ages are told apart by name.
fn read_all(directory: &Path) -> Result<Vec<SigningKey>, KeyRingError> {
    let unreadable = |error| KeyRingError::ReadDirectory(directory.to_owned(), error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(kid) = kid_of(&path) else { continue };
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        let age = modified.map_err(|error| KeyRingError::ReadKey(path.clone(), error))?;
        let since_epoch = age.duration_since(UNIX_EPOCH).unwrap_or_default();
        found.push((since_epoch, kid, path));
    }
    found.sort();
    found.into_iter().map(|(_, kid, path)| read_key(kid, &path)).collect()
}

fn kid_of(path: &Path) -> Option<String> {
    let is_pem = path.extension().is_some_and(|extension| extension == "pem");
    is_pem.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
}

fn read_key(kid: String, path: &Path) -> Result<SigningKey, KeyRingError> {
    let pem =
        fs::read_to_string(path).map_err(|error| KeyRingError::ReadKey(path.to_owned(), error))?;
    let der = pkcs8::der_from_pem(&pem).ok_or_else(|| KeyRingError::NotAKey(path.to_owned()))?;
    let encoding = EncodingKey::from_ed_der(&der);
    let mut public = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA)?;
    public.common.key_id = Some(kid.clone());
    public.common.key_algorithm = Some(KeyAlgorithm::EdDSA);
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(SigningKey { kid, encoding, public })
}

/// Writes a new key under its RFC 7638 thumbprint, readable by its owner alone.
fn generate(directory: &Path) -> Result<(), KeyRingError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeyRingError::Randomness)?;
    let der = pkcs8::der_from_seed(&seed);
    let public = Jwk::from_encoding_key(&EncodingKey::from_ed_der(&der), Algorithm::EdDSA)?;
    let kid = public.thumbprint(ThumbprintHash::SHA256)?;
    let path = directory.join(format!("{kid}.pem"));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(
        |mut file| {
            file.write_all(pkcs8::pem_from_der(&der).as_bytes())?;
            file.sync_all()
        },
    );
    written.map_err(|error| KeyRingError::WriteKey(path, error))
}
