//! Where a stack keeps its files.

use std::path::{Path, PathBuf};

use temp_s3::{ACCESS_KEY, SECRET_KEY, TempS3};

use crate::choice;

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
    /// None, unless the environment wants the tests to run on one.
    pub(crate) fn by_default() -> Self {
        if choice::is_bucket() { Self::in_bucket() } else { Self::on_disk() }
    }

    pub(crate) fn in_bucket() -> Self {
        Self(Some(TempS3::start().expect("s3s-fs must be installed")))
    }

    /// Where the files are, for a stack that would keep them in its data directory.
    pub(crate) fn store_dir(&self, data_dir: &Path) -> PathBuf {
        self.0.as_ref().map_or_else(|| data_dir.join("media"), TempS3::files)
    }

    pub(crate) fn on_disk() -> Self {
        Self(None)
    }

    pub(crate) fn server(&mut self) -> Option<&mut TempS3> {
        self.0.as_mut()
    }

    pub(crate) fn is_bucket(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let settings = self.0.as_ref().map(in_bucket);
        settings.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
