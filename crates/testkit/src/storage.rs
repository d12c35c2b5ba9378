//! Where a stack keeps its files.

use temp_s3::{ACCESS_KEY, SECRET_KEY, TempS3};

/// The settings of a stack that keeps its files on this server.
pub fn in_bucket(server: &TempS3) -> [(&'static str, String); 3] {
    [
        ("MAGPIE_STORAGE_URL", server.storage_url()),
        ("MAGPIE_S3_ACCESS_KEY", ACCESS_KEY.to_owned()),
        ("MAGPIE_S3_SECRET_KEY", SECRET_KEY.to_owned()),
    ]
}
