//! Where a stack keeps its files.

use std::path::{Path, PathBuf};

use temp_s3::{ACCESS_KEY, SECRET_KEY, TempS3};

/// Has every test that does not say where files are kept keep them on a server of its own.
/// Its name is none of ours, for those end up in the configuration.
const EVERYWHERE: &str = "E2E_STORAGE";

/// The settings of a stack that keeps its files on this server.
pub fn in_bucket(server: &TempS3) -> [(&'static str, String); 3] {
    [
        ("MAGPIE_STORAGE_URL", server.storage_url()),
        ("MAGPIE_S3_ACCESS_KEY", ACCESS_KEY.to_owned()),
        ("MAGPIE_S3_SECRET_KEY", SECRET_KEY.to_owned()),
    ]
}

/// A server for a stack that needs one.
pub(crate) struct Provided(Option<TempS3>);

impl Provided {
    /// None, unless the environment wants the tests to run on one: `E2E_STORAGE=s3`.
    pub(crate) fn by_default() -> Self {
        let wanted = std::env::var_os(EVERYWHERE).is_some_and(|wanted| wanted == "s3");
        Self(wanted.then(|| TempS3::start().expect("s3s-fs must be installed")))
    }

    /// Where the files are, for a stack that would keep them in its data directory.
    pub(crate) fn store_dir(&self, data_dir: &Path) -> PathBuf {
        self.0.as_ref().map_or_else(|| data_dir.join("media"), TempS3::files)
    }

    pub(crate) fn on_disk() -> Self {
        Self(None)
    }

    pub(crate) fn is_bucket(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let settings = self.0.as_ref().map(in_bucket);
        settings.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
