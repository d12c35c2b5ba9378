//! Downloads.

use common_types::{
    MediaErrorCode,
    download::{Download, DownloadType, Phase, Status},
    internal::{
        changes::Mark,
        downloads::{DownloadRecord, KnownMedia, StoredFile},
    },
    media::{Format, MediaOptions, Quality, SponsorBlockCategory, SubtitleOptions},
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreResult,
    models::value::{
        TEXT_CHARS, from_column, from_integer, from_json, instant, optional_text, slug, to_json,
        uuid,
    },
    schema::downloads,
};

/// A download as stored, in the order of the columns.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = downloads)]
pub(crate) struct DownloadRow {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) kind: String,
    pub(crate) platform: String,
    pub(crate) batch_id: Option<String>,
    pub(crate) playlist_id: Option<String>,
    pub(crate) position: Option<i32>,
    pub(crate) url: String,
    pub(crate) video_id: String,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) duration: Option<f64>,
    pub(crate) thumbnail: Option<String>,
    pub(crate) format: String,
    pub(crate) quality: String,
    pub(crate) options: String,
    pub(crate) status: String,
    pub(crate) phase: Option<String>,
    pub(crate) progress: f64,
    pub(crate) downloaded_bytes: i64,
    pub(crate) total_bytes: Option<i64>,
    pub(crate) speed_bps: Option<f64>,
    pub(crate) eta_seconds: Option<i64>,
    pub(crate) file_key: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) file_size: Option<i64>,
    pub(crate) file_crc32: Option<i64>,
    pub(crate) file_sha256: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) turn: i64,
    pub(crate) attempts: i32,
    pub(crate) fence: i32,
    #[expect(dead_code, reason = "RETURNING yields every column")]
    pub(crate) lease_owner: Option<String>,
    #[expect(dead_code, reason = "RETURNING yields every column")]
    pub(crate) lease_until: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) held_until: Option<i64>,
    pub(crate) held_for: Option<String>,
    #[expect(dead_code, reason = "RETURNING yields every column")]
    pub(crate) told_fence: Option<i32>,
    pub(crate) file_removed_at: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = downloads)]
pub(crate) struct NewDownloadRow<'a> {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) kind: &'static str,
    pub(crate) platform: &'a str,
    pub(crate) batch_id: Option<&'a str>,
    pub(crate) playlist_id: Option<&'a str>,
    pub(crate) position: Option<i32>,
    pub(crate) url: &'a str,
    pub(crate) video_id: &'a str,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) duration: Option<f64>,
    pub(crate) thumbnail: Option<String>,
    pub(crate) format: &'a str,
    pub(crate) quality: &'a str,
    pub(crate) options: &'a str,
    pub(crate) status: &'static str,
    pub(crate) error_code: Option<&'static str>,
    pub(crate) error: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) turn: i64,
    pub(crate) created_at: i64,
    pub(crate) completed_at: Option<i64>,
}

/// What a worker found out about the video; what it does not know stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = downloads)]
pub(crate) struct KnownColumns {
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) duration: Option<f64>,
    pub(crate) thumbnail: Option<String>,
}

impl From<&KnownMedia> for KnownColumns {
    fn from(known: &KnownMedia) -> Self {
        Self {
            title: optional_text(known.title.as_deref(), TEXT_CHARS),
            uploader: optional_text(known.uploader.as_deref(), TEXT_CHARS),
            duration: known.duration,
            thumbnail: optional_text(known.thumbnail.as_deref(), TEXT_CHARS),
        }
    }
}

/// The part of [`MediaOptions`] that has no column of its own.
#[derive(Serialize, Deserialize)]
struct FurtherOptions {
    subtitles: Option<SubtitleOptions>,
    embed_metadata: bool,
    sponsorblock_remove: Vec<SponsorBlockCategory>,
}

/// [`MediaOptions`] as columns hold them.
pub(crate) struct OptionColumns {
    pub(crate) format: String,
    pub(crate) quality: String,
    /// JSON.
    pub(crate) further: String,
}

impl OptionColumns {
    /// # Errors
    /// `Encode` when they cannot be JSON.
    pub(crate) fn new(options: &MediaOptions) -> StoreResult<Self> {
        let further = FurtherOptions {
            subtitles: options.subtitles.clone(),
            embed_metadata: options.embed_metadata,
            sponsorblock_remove: options.sponsorblock_remove.clone(),
        };
        Ok(Self {
            format: options.format.slug().to_owned(),
            quality: options.quality.slug().to_owned(),
            further: to_json("a download's options", &further)?,
        })
    }

    /// Those of another row.
    pub(crate) fn stored(format: &str, quality: &str, further: &str) -> Self {
        Self { format: format.to_owned(), quality: quality.to_owned(), further: further.to_owned() }
    }
}

/// # Errors
/// `Corrupt` when one of them is not known.
pub(crate) fn media_options(
    format: &str,
    quality: &str,
    further: &str,
) -> StoreResult<MediaOptions> {
    let further: FurtherOptions = from_json("a download's options", further)?;
    Ok(MediaOptions {
        format: slug("a format", format, Format::from_slug)?,
        quality: slug("a quality", quality, Quality::from_slug)?,
        subtitles: further.subtitles,
        embed_metadata: further.embed_metadata,
        sponsorblock_remove: further.sponsorblock_remove,
    })
}

impl DownloadRow {
    /// # Errors
    /// `Corrupt` when the column holds no status.
    pub(crate) fn status(&self) -> StoreResult<Status> {
        slug("a status", &self.status, Status::from_slug)
    }

    /// # Errors
    /// `Corrupt` when the column holds no type.
    pub(crate) fn kind(&self) -> StoreResult<DownloadType> {
        slug("a type of download", &self.kind, DownloadType::from_slug)
    }

    /// What is told when it changes.
    ///
    /// # Errors
    /// `Corrupt` when its id is none.
    pub(crate) fn mark(&self) -> StoreResult<Mark> {
        Ok(Mark { user_id: self.user_id, id: uuid("a download's id", &self.id)? })
    }

    /// The file, once there is one and until it is removed.
    pub(crate) fn file(&self) -> Option<StoredFile> {
        if self.file_removed_at.is_some() {
            return None;
        }
        Some(StoredFile {
            key: self.file_key.clone()?,
            filename: self.filename.clone()?,
            size_bytes: from_column(self.file_size?),
            crc32: u32::try_from(self.file_crc32?).ok()?,
            sha256: self.file_sha256.clone()?,
        })
    }

    /// # Errors
    /// `Corrupt` when a column holds what we do not know.
    pub(crate) fn into_record(self) -> StoreResult<DownloadRecord> {
        Ok(DownloadRecord {
            user_id: self.user_id,
            file: self.file(),
            download: self.into_download()?,
        })
    }

    /// # Errors
    /// As [`DownloadRow::into_record`].
    pub(crate) fn into_download(self) -> StoreResult<Download> {
        let id = uuid("a download's id", &self.id)?;
        let status = self.status()?;
        let has_file = status == Status::Completed && self.file_removed_at.is_none();
        let error_code = |code: &str| slug("an error code", code, MediaErrorCode::from_slug);
        Ok(Download {
            id,
            download_id: id,
            kind: self.kind()?,
            batch_id: self.batch_id.map(|id| uuid("a batch's id", &id)).transpose()?,
            playlist_id: self.playlist_id.map(|id| uuid("a playlist's id", &id)).transpose()?,
            position: self.position.map(from_integer),
            url: self.url,
            video_id: Some(self.video_id),
            title: self.title,
            uploader: self.uploader,
            duration: self.duration,
            thumbnail: self.thumbnail,
            format: slug("a format", &self.format, Format::from_slug)?,
            quality: slug("a quality", &self.quality, Quality::from_slug)?,
            status,
            phase: self.phase.map(|phase| slug("a phase", &phase, Phase::from_slug)).transpose()?,
            progress: self.progress,
            downloaded_bytes: from_column(self.downloaded_bytes),
            total_bytes: self.total_bytes.map(from_column),
            speed_bps: self.speed_bps,
            eta_seconds: self.eta_seconds.map(from_column),
            filename: self.filename,
            file_url: has_file.then(|| format!("/api/{}/single/file/{id}", self.platform)),
            file_path: self.file_key.filter(|_| has_file),
            file_size: self.file_size.map(from_column),
            attempts: from_integer(self.attempts),
            paused_until: self.held_until.map(instant),
            paused_for: self.held_for.as_deref().map(error_code).transpose()?,
            error_code: self.error_code.as_deref().map(error_code).transpose()?,
            error: self.error,
            remedy: self.remedy,
            created_at: instant(self.created_at),
            started_at: self.started_at.map(instant),
            completed_at: self.completed_at.map(instant),
            expires_at: self.expires_at.map(instant),
            platform: self.platform,
        })
    }
}
