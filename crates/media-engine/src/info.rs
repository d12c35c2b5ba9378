//! What a probe finds.

use std::path::PathBuf;

use common_types::media::{FormatList, Quality};

/// What a site says of one video; the service makes its public answer of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtractedInfo {
    /// The site's id of the video.
    pub id: String,
    pub url: String,
    pub title: String,
    /// Seconds.
    pub duration: Option<f64>,
    /// Where the site keeps the picture; to be fetched through [`crate::Engine::thumbnail`].
    pub thumbnail_url: Option<String>,
    pub uploader: Option<String>,
    pub view_count: Option<u64>,
    /// `YYYY-MM-DD`.
    pub upload_date: Option<String>,
    pub is_live: bool,
    pub formats: FormatList,
    /// What may be asked for with an effect, best first.
    pub qualities: Vec<Quality>,
}

/// A picture that was fetched, and really is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    pub path: PathBuf,
    /// From its first bytes, not from what the server claimed.
    pub media_type: &'static str,
    pub size_bytes: u64,
}
