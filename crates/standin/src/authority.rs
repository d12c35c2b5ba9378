//! The certificate authority: one key kept on disk, and a leaf for every host that is played.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::StandinError;

const KEY_FILE: &str = "ca-key.pem";
const CERTIFICATE_FILE: &str = "ca.pem";
/// Hosts come from the client, so the cache of leaves must not grow with them.
const MAX_LEAVES: usize = 256;

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    leaf_key: KeyPair,
    ca_file: PathBuf,
    leaves: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    /// Loads the authority kept in `dir`, or makes one there.
    pub(crate) fn open(dir: &Path) -> Result<Self, StandinError> {
        let key = load_or_make_key(&dir.join(KEY_FILE))?;
        let params = authority_params();
        let certificate = params.self_signed(&key).map_err(StandinError::Certificate)?;
        let ca_file = dir.join(CERTIFICATE_FILE);
        // Any certificate of the same name and key verifies the leaves, so the last writer may win.
        replace_file(&ca_file, certificate.pem().as_bytes())?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            leaf_key: KeyPair::generate().map_err(StandinError::Certificate)?,
            ca_file,
            leaves: Mutex::default(),
        })
    }

    /// The certificate that clients must trust, in PEM.
    pub(crate) fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// TLS as `host` would speak it.
    pub(crate) fn server_config(&self, host: &str) -> Result<Arc<ServerConfig>, StandinError> {
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = leaves.get(host) {
            return Ok(Arc::clone(config));
        }
        if leaves.len() >= MAX_LEAVES {
            leaves.clear();
        }
        let config = Arc::new(self.make_config(host)?);
        leaves.insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }

    fn make_config(&self, host: &str) -> Result<ServerConfig, StandinError> {
        let certificate = leaf_params(host)
            .and_then(|params| params.signed_by(&self.leaf_key, &self.issuer))
            .map_err(StandinError::Certificate)?;
        let chain = vec![CertificateDer::clone(certificate.der())];
        let key = PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der());
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(StandinError::Tls)?
                .with_no_client_auth()
                .with_single_cert(chain, key.into())
                .map_err(StandinError::Tls)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authority_params() -> CertificateParams {
    let mut params = base_params("Magpie stand-in CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = base_params(host);
    params.subject_alt_names = CertificateParams::new(vec![host.to_owned()])?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn base_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    params
}

fn load_or_make_key(path: &Path) -> Result<KeyPair, StandinError> {
    if !path.exists() {
        let key = KeyPair::generate().map_err(StandinError::Certificate)?;
        match publish_key(path, key.serialize_pem().as_bytes()) {
            // Another process was faster: its key is the one that counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.map_err(StandinError::file(path))?,
        }
    }
    let pem = fs::read_to_string(path).map_err(StandinError::file(path))?;
    KeyPair::from_pem(&pem).map_err(StandinError::Certificate)
}

/// Puts the key in place complete or not at all, and never over another.
fn publish_key(path: &Path, pem: &[u8]) -> io::Result<()> {
    let temporary = temporary_beside(path);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let published = file.write_all(pem).and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary)?;
    published
}

fn replace_file(path: &Path, content: &[u8]) -> Result<(), StandinError> {
    let temporary = temporary_beside(path);
    fs::write(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(StandinError::file(path))
}

fn temporary_beside(path: &Path) -> PathBuf {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    path.with_extension(format!("{}-{number}.part", std::process::id()))
}
