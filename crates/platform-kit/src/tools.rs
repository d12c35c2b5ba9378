//! Where `scripts/setup-engine` puts yt-dlp, when nobody says.

use std::path::{Path, PathBuf};

const IN_CHECKOUT: &str = ".engine/bin/yt-dlp";
const IN_DATA: &str = "engine/bin/yt-dlp";
const IN_IMAGE: &str = "/opt/magpie/engine/bin/yt-dlp";

/// The first of the usual places that has one; else the one in the checkout, which the engine then
/// names in its complaint.
pub(crate) fn find_yt_dlp(data_dir: &Path) -> PathBuf {
    let candidates = [PathBuf::from(IN_CHECKOUT), data_dir.join(IN_DATA), PathBuf::from(IN_IMAGE)];
    let found = candidates.into_iter().find(|candidate| candidate.exists());
    let chosen = found.unwrap_or_else(|| PathBuf::from(IN_CHECKOUT));
    std::path::absolute(&chosen).unwrap_or(chosen)
}
