//! From the engine's words to the API's, so that a change of one never leaks into the other.

use common_types::{
    MediaProblem,
    batch::Batch,
    internal::{
        collections::{BatchRecord, ExpandedEntry, NewItem, PlaylistRecord},
        downloads::KnownMedia,
        jobs::{JobProgress, Outlook},
    },
    media::{MediaInfo, PlaylistLink},
    playlist::{Playlist, PlaylistEntry, PlaylistInfo},
};
use media_engine::{ExtractedInfo, FetchedFile, JobState, ListedEntry, PlaylistPage};
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
        is_truncated: record.is_truncated,
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

/// One page of a playlist as `info` shows it, after the first `offset` entries.
pub(crate) fn playlist_info(
    platform: &dyn Platform,
    page: &PlaylistPage,
    offset: u32,
) -> PlaylistInfo {
    let entry = |entry: &ListedEntry| PlaylistEntry {
        index: entry.index,
        id: entry.id.clone(),
        title: entry.title.clone(),
        duration: entry.duration,
        url: platform.video_url(&entry.id),
        available: entry.problem.is_none(),
    };
    let reached = page.entries.last().map_or(offset, |entry| entry.index);
    PlaylistInfo {
        success: true,
        id: page.id.clone(),
        title: page.title.clone(),
        uploader: page.uploader.clone(),
        video_count: page.total,
        videos: page.entries.iter().map(entry).collect(),
        next_offset: page.has_more.then_some(reached),
    }
}

/// An entry of a playlist as the item that it becomes. One that the list shows as lost is created
/// as failed, and nobody asks for it again.
pub(crate) fn expanded_entry(platform: &dyn Platform, entry: &ListedEntry) -> ExpandedEntry {
    let known = KnownMedia {
        title: entry.title.clone(),
        uploader: None,
        duration: entry.duration,
        thumbnail: Some(thumbnail_path(platform, &entry.id)),
    };
    let (url, video_id) = (platform.video_url(&entry.id), entry.id.clone());
    ExpandedEntry {
        index: entry.index,
        item: NewItem { url, video_id, known },
        problem: entry.problem.map(MediaProblem::from),
    }
}

/// What the engine thinks of another attempt, for db-service to decide.
pub(crate) const fn outlook(outlook: media_engine::Outlook) -> Outlook {
    match outlook {
        media_engine::Outlook::Permanent => Outlook::Permanent,
        media_engine::Outlook::Transient => Outlook::Transient,
        media_engine::Outlook::SitePause => Outlook::SitePause,
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
