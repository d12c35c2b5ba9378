//! The internal secret of an installation that was given none: made once, kept in the data
//! directory, shared by every process that uses that directory.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::{ConfigError, values::Secret};

const NAME: &str = "internal.secret";
const SECRET_BYTES: usize = 32;

/// Reads the secret, or makes it.
pub(super) fn read_or_make(data_dir: &Path) -> Result<Secret, ConfigError> {
    let path = data_dir.join(NAME);
    let failed = |error| ConfigError::ReadFile(path.display().to_string(), error);
    if let Some(secret) = read(&path).map_err(failed)? {
        return Ok(secret);
    }
    make(data_dir, &path).map_err(failed)?;
    read(&path).map_err(failed)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
}

fn read(path: &Path) -> io::Result<Option<Secret>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Secret::new(text.trim()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a new secret beside its place and links it there: whoever links first wins, so that
/// processes that start together agree, and nobody reads half a secret.
fn make(data_dir: &Path, path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let draft = data_dir.join(format!("{NAME}.{}", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(hex.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
