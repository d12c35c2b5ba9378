//! From the engine's words to the API's, so that a change of one never leaks into the other.

use common_types::{
    batch::Batch,
    internal::{
        collections::{BatchRecord, PlaylistRecord},
        downloads::KnownMedia,
        jobs::JobProgress,
    },
    media::{MediaInfo, PlaylistLink},
    playlist::Playlist,
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

/// A batch as its owner sees it.
pub(crate) fn batch(platform: &dyn Platform, record: BatchRecord) -> Batch {
    Batch {
        batch_id: record.id,
        status: record.status,
        total: record.total,
        total_videos: record.total,
        completed: record.counts.completed,
        failed: record.counts.failed,
        cancelled: record.counts.cancelled,
        duplicates: record.duplicates,
        progress: record.progress,
        videos: record.items.into_iter().map(|item| item.download).collect(),
        zip_url: format!("/api/{}/multi/batch/{}/download", platform.name(), record.id),
        created_at: record.created_at,
        completed_at: record.completed_at,
    }
}

/// A playlist as its owner sees it.
pub(crate) fn playlist(platform: &dyn Platform, record: PlaylistRecord) -> Playlist {
    let problem = record.problem;
    Playlist {
        playlist_id: record.id,
        title: record.title,
        uploader: record.uploader,
        url: record.url,
        status: record.status,
        total: record.total,
        total_videos: record.total,
        completed: record.counts.completed,
        failed: record.counts.failed,
        cancelled: record.counts.cancelled,
        progress: record.progress,
        error_code: problem.as_ref().map(|problem| problem.error_code),
        error: problem.as_ref().map(|problem| problem.error.clone()),
        remedy: problem.map(|problem| problem.remedy),
        videos: record.items.into_iter().map(|item| item.download).collect(),
        zip_url: format!("/api/{}/playlist/download/{}", platform.name(), record.id),
        created_at: record.created_at,
        completed_at: record.completed_at,
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
