//! Whom media traffic trusts, where the operator adds a certificate authority.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where distributions keep their roots.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Writes one bundle of the system's roots and `extra`: OpenSSL reads a single file.
///
/// # Errors
/// When `extra` cannot be read or the bundle cannot be written.
pub(crate) fn write_bundle(extra: &Path, engine_dir: &Path) -> io::Result<PathBuf> {
    let mut bundle = fs::read(extra)?;
    if !bundle.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no PEM certificate"));
    }
    for system in SYSTEM_BUNDLES {
        if let Ok(roots) = fs::read(system) {
            bundle.push(b'\n');
            bundle.extend(roots);
            break;
        }
    }
    let path = engine_dir.join("trusted.pem");
    fs::write(&path, bundle)?;
    Ok(path)
}
