//! What nobody else may read.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use service_kit::Config;

use super::finding::Finding;

/// What group and others may do.
const OTHERS: u32 = 0o077;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let secret = config.data_dir.join("internal.secret");
    let mut findings = Vec::new();
    let mut kept = Vec::new();
    if secret.exists() {
        kept.push(secret);
    } else if config.internal_secret.expose().is_empty() {
        findings.push(Finding::ok("internal secret: the first start makes it"));
    }
    kept.extend(database_file(config));
    match keys(&config.jwt_keys_dir) {
        Ok(keys) if keys.is_empty() => {
            findings.push(Finding::ok("signing keys: the first start makes one"));
        }
        Ok(keys) => kept.extend(keys),
        Err(error) => {
            let what = format!("signing keys: {}: {error}", config.jwt_keys_dir.display());
            findings.push(Finding::fail(what, "let the user that runs Magpie read it"));
        }
    }
    findings.extend(kept.iter().map(|path| private(path)));
    findings
}

fn database_file(config: &Config) -> Option<PathBuf> {
    let path = PathBuf::from(config.database_url.expose().strip_prefix("sqlite://")?);
    path.exists().then_some(path)
}

fn keys(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "pem")).collect())
}

fn private(path: &Path) -> Finding {
    let name = path.display();
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & OTHERS != 0 => {
            Finding::warn(format!("{name}: others may use it"), format!("chmod 600 {name}"))
        }
        Ok(_) => Finding::ok(format!("{name}: its owner's alone")),
        Err(error) => Finding::fail(format!("{name}: {error}"), "let its owner run Magpie"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_read_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("a.pem");
        fs::write(&key, "").unwrap();
        fs::write(directory.path().join("notes.txt"), "").unwrap();
        assert_eq!(keys(directory.path()).unwrap(), std::slice::from_ref(&key));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(private(&key).to_string().contains("chmod 600"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(private(&key).to_string().starts_with("ok"));
    }
}
