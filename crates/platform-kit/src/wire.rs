//! From the engine's words to the API's, so that a change of one never leaks into the other.

use common_types::{
    internal::{downloads::KnownMedia, jobs::JobProgress},
    media::{MediaInfo, PlaylistLink},
};
use media_engine::{ExtractedInfo, FetchedFile, JobState};
use uuid::Uuid;

use crate::{Platform, PlaylistRef};

/// Where this origin serves the picture of a video.
pub(crate) fn thumbnail_path(platform: &dyn Platform, video_id: &str) -> String {
    format!("/api/{}/thumbnail/{video_id}", platform.name())
}

/// The answer of `info`.
pub(crate) fn media_info(
    platform: &dyn Platform,
    info: &ExtractedInfo,
    playlist: Option<PlaylistRef>,
) -> MediaInfo {
    MediaInfo {
        success: true,
        id: info.id.clone(),
        url: platform.video_url(&info.id),
        title: info.title.clone(),
        duration: info.duration,
        thumbnail: Some(thumbnail_path(platform, &info.id)),
        uploader: info.uploader.clone(),
        view_count: info.view_count,
        upload_date: info.upload_date.clone(),
        is_live: info.is_live,
        formats: info.formats.clone(),
        qualities: info.qualities.clone(),
        playlist: playlist.map(|PlaylistRef { id, url }| PlaylistLink { id, url }),
    }
}

/// What a probe told of a video that is now asked for.
pub(crate) fn known_from_info(info: &ExtractedInfo) -> KnownMedia {
    KnownMedia {
        title: Some(info.title.clone()),
        uploader: info.uploader.clone(),
        duration: info.duration,
        thumbnail: None,
    }
}

/// What the finished file told.
pub(crate) fn known_from_file(file: &FetchedFile) -> KnownMedia {
    KnownMedia {
        title: Some(file.title.clone()),
        uploader: file.uploader.clone(),
        duration: file.duration_seconds,
        thumbnail: None,
    }
}

/// A running job's state as the heartbeat carries it.
pub(crate) fn job_progress(id: Uuid, attempt: u32, state: &JobState) -> JobProgress {
    JobProgress {
        id,
        attempt,
        phase: state.phase,
        progress: state.progress,
        downloaded_bytes: state.downloaded_bytes,
        total_bytes: state.total_bytes,
        speed_bps: state.speed_bps,
        eta_seconds: state.eta_seconds,
        known: KnownMedia {
            title: state.title.clone(),
            uploader: state.uploader.clone(),
            duration: state.duration_seconds,
            thumbnail: None,
        },
    }
}
