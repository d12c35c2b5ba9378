//! What a probe finds.

use std::path::PathBuf;

use common_types::media::{FormatList, MediaFormat, Quality};
use serde::Deserialize;

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

/// A worker's answer; see `probe.py`.
#[derive(Debug, Deserialize)]
struct RawInfo {
    id: Option<String>,
    url: Option<String>,
    title: Option<String>,
    duration: Option<f64>,
    thumbnail: Option<String>,
    uploader: Option<String>,
    view_count: Option<u64>,
    upload_date: Option<String>,
    is_live: bool,
    formats: Vec<MediaFormat>,
}

/// # Errors
/// When the answer has another shape.
pub(crate) fn read(answer: serde_json::Value) -> serde_json::Result<ExtractedInfo> {
    let raw: RawInfo = serde_json::from_value(answer)?;
    let qualities = qualities(&raw.formats);
    // Where a site tells no codec at all, it is a video.
    let is_audio = |format: &MediaFormat| format.vcodec.is_none() && format.acodec.is_some();
    let (audio, video) = raw.formats.into_iter().partition(is_audio);
    Ok(ExtractedInfo {
        id: raw.id.unwrap_or_default(),
        url: raw.url.unwrap_or_default(),
        title: raw.title.unwrap_or_default(),
        duration: raw.duration,
        thumbnail_url: raw.thumbnail,
        uploader: raw.uploader,
        view_count: raw.view_count,
        upload_date: raw.upload_date.as_deref().and_then(with_dashes),
        is_live: raw.is_live,
        formats: FormatList { video, audio },
        qualities,
    })
}

/// `best`, then each height for which another stream would be taken than for the next lower one.
/// The short side counts, as it does when streams are chosen: an upright 1080 × 1920 is 1080p.
fn qualities(formats: &[MediaFormat]) -> Vec<Quality> {
    let sizes: Vec<u32> = formats.iter().filter_map(short_side).collect();
    let is_offered = |quality: &Quality| {
        let Some(height) = quality.height() else { return *quality == Quality::Best };
        let below = Quality::ALL.iter().filter_map(|q| q.height()).filter(|h| *h < height).max();
        sizes.iter().any(|size| *size <= height && below.is_none_or(|below| *size > below))
    };
    Quality::ALL.iter().copied().filter(is_offered).collect()
}

fn short_side(format: &MediaFormat) -> Option<u32> {
    match (format.width, format.height) {
        (Some(width), Some(height)) => Some(width.min(height)),
        (width, height) => width.or(height),
    }
}

/// `20261124` → `2026-11-24`.
fn with_dashes(date: &str) -> Option<String> {
    let (year, rest) = date.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let plain = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(width: u32, height: u32) -> MediaFormat {
        let format = serde_json::json!({
            "format_id": "1", "ext": "mp4", "vcodec": "avc1", "width": width, "height": height,
        });
        serde_json::from_value(format).unwrap()
    }

    #[test]
    fn an_upright_video_is_as_tall_as_it_is_wide() {
        let offered = qualities(&[format(1080, 1920), format(360, 640)]);
        assert_eq!(offered, [Quality::Best, Quality::P1080, Quality::P360]);
    }

    #[test]
    fn odd_sizes_count_for_the_height_that_would_choose_them() {
        let offered = qualities(&[format(1280, 544), format(256, 144)]);
        assert_eq!(offered, [Quality::Best, Quality::P720, Quality::P360]);
    }

    #[test]
    fn only_dates_get_dashes() {
        assert_eq!(with_dashes("20261124").as_deref(), Some("2026-11-24"));
        for other in ["", "2026", "2026112x", "2026-11-24", "äöüß"] {
            assert_eq!(with_dashes(other), None);
        }
    }
}
