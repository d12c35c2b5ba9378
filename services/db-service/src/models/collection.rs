//! Batches and playlists.

use common_types::{
    MediaErrorCode, MediaProblem,
    download::Status,
    internal::{
        collections::{BatchRecord, ExpansionJob, ItemCounts, PlaylistRecord, Selection},
        downloads::DownloadRecord,
    },
};
use diesel::prelude::*;

use crate::{
    error::StoreResult,
    models::value::{from_integer, instant, slug, uuid},
    schema::{batches, playlists},
};

/// A batch as stored, in the order of the columns.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = batches)]
pub(crate) struct BatchRow {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) platform: String,
    pub(crate) status: String,
    pub(crate) total: i32,
    pub(crate) duplicates: i32,
    pub(crate) completed: i32,
    pub(crate) failed: i32,
    pub(crate) cancelled: i32,
    pub(crate) created_at: i64,
    pub(crate) completed_at: Option<i64>,
    pub(crate) progress_floor: f64,
}

/// A playlist as stored.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = playlists)]
pub(crate) struct PlaylistRow {
    pub(crate) id: String,
    pub(crate) user_id: i64,
    pub(crate) platform: String,
    pub(crate) url: String,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) start_index: Option<i32>,
    pub(crate) end_index: Option<i32>,
    pub(crate) items: Option<String>,
    pub(crate) format: String,
    pub(crate) quality: String,
    pub(crate) options: String,
    pub(crate) status: String,
    pub(crate) total: Option<i32>,
    pub(crate) completed: i32,
    pub(crate) failed: i32,
    pub(crate) cancelled: i32,
    pub(crate) created_at: i64,
    pub(crate) completed_at: Option<i64>,
    pub(crate) progress_floor: f64,
    pub(crate) max_items: i32,
    pub(crate) is_truncated: bool,
    pub(crate) is_expanded: bool,
    pub(crate) expected_total: Option<i32>,
    pub(crate) done_to_index: i32,
    pub(crate) attempts: i32,
    pub(crate) fence: i32,
    pub(crate) error_code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) remedy: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = batches)]
pub(crate) struct NewBatchRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_id: i64,
    pub(crate) platform: &'a str,
    pub(crate) format: &'static str,
    pub(crate) quality: &'static str,
    pub(crate) options: &'a str,
    pub(crate) status: &'static str,
    pub(crate) total: i32,
    pub(crate) duplicates: i32,
    pub(crate) created_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = playlists)]
pub(crate) struct NewPlaylistRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_id: i64,
    pub(crate) platform: &'a str,
    pub(crate) url: &'a str,
    pub(crate) site_id: &'a str,
    pub(crate) title: Option<String>,
    pub(crate) uploader: Option<String>,
    pub(crate) start_index: Option<i32>,
    pub(crate) end_index: Option<i32>,
    pub(crate) items: Option<&'a str>,
    pub(crate) format: &'static str,
    pub(crate) quality: &'static str,
    pub(crate) options: &'a str,
    pub(crate) status: &'static str,
    pub(crate) max_items: i32,
    pub(crate) expected_total: Option<i32>,
    pub(crate) created_at: i64,
}

/// What is known of the items of a collection together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    /// Of all progress.
    pub(crate) sum: f64,
    pub(crate) count: f64,
    /// Whether anything does not wait for its first start.
    pub(crate) has_begun: bool,
}

impl Tally {
    fn of(items: &[DownloadRecord]) -> Self {
        Self {
            // The sum of nothing is -0.0, which JSON would tell.
            sum: items.iter().map(|item| item.download.progress).fold(0.0, |sum, one| sum + one),
            count: f64::from(u32::try_from(items.len()).unwrap_or(u32::MAX)),
            has_begun: items.iter().any(|item| item.download.status != Status::Pending),
        }
    }

    /// The mean progress of items, of which there may be fewer yet than there will be.
    pub(crate) fn mean(self, expected: f64) -> f64 {
        let divisor = self.count.max(expected);
        if divisor > 0.0 { (self.sum / divisor).clamp(0.0, 100.0) } else { 0.0 }
    }

    /// A collection that has not ended is under way as soon as one of its items is.
    fn status(self, stored: &str) -> StoreResult<Status> {
        let stored = slug("a status", stored, Status::from_slug)?;
        let is_under_way = stored == Status::Pending && self.has_begun;
        Ok(if is_under_way { Status::Downloading } else { stored })
    }
}

impl BatchRow {
    /// # Errors
    /// `Corrupt` when a column holds what we do not know.
    pub(crate) fn into_record(self, items: Vec<DownloadRecord>) -> StoreResult<BatchRecord> {
        let summary = self.into_summary(Tally::of(&items))?;
        Ok(BatchRecord { items, ..summary })
    }

    /// As [`BatchRow::into_record`], without the items.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn into_summary(self, tally: Tally) -> StoreResult<BatchRecord> {
        let total = from_integer(self.total);
        Ok(BatchRecord {
            id: uuid("a batch's id", &self.id)?,
            user_id: self.user_id,
            platform: self.platform,
            status: tally.status(&self.status)?,
            total: u64::from(total),
            counts: counts(self.completed, self.failed, self.cancelled),
            duplicates: u64::from(from_integer(self.duplicates)),
            progress: tally.mean(f64::from(total)).max(self.progress_floor),
            created_at: instant(self.created_at),
            completed_at: self.completed_at.map(instant),
            items: Vec::new(),
        })
    }
}

impl PlaylistRow {
    /// What its progress is divided by; nothing while nobody knows how many items there will be.
    pub(crate) fn expected(&self) -> Option<f64> {
        self.total.or(self.expected_total).map(f64::from)
    }

    /// # Errors
    /// `Corrupt` when a column holds what we do not know.
    pub(crate) fn into_record(self, items: Vec<DownloadRecord>) -> StoreResult<PlaylistRecord> {
        let summary = self.into_summary(Tally::of(&items))?;
        Ok(PlaylistRecord { items, ..summary })
    }

    /// As [`PlaylistRow::into_record`], without the items.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn into_summary(self, tally: Tally) -> StoreResult<PlaylistRecord> {
        let total = self.total.or(self.expected_total);
        let count = |column: i32| u64::from(from_integer(column));
        Ok(PlaylistRecord {
            id: uuid("a playlist's id", &self.id)?,
            user_id: self.user_id,
            status: tally.status(&self.status)?,
            total: total.map(count),
            foretold: self.expected_total.map(count),
            is_expanded: self.is_expanded,
            is_truncated: self.is_truncated,
            counts: counts(self.completed, self.failed, self.cancelled),
            progress: self
                .expected()
                .map_or(0.0, |total| tally.mean(total))
                .max(self.progress_floor),
            problem: self.problem()?,
            platform: self.platform,
            url: self.url,
            title: self.title,
            uploader: self.uploader,
            created_at: instant(self.created_at),
            completed_at: self.completed_at.map(instant),
            items: Vec::new(),
        })
    }

    fn problem(&self) -> StoreResult<Option<MediaProblem>> {
        let Some(code) = &self.error_code else { return Ok(None) };
        Ok(Some(MediaProblem {
            error_code: slug("an error code", code, MediaErrorCode::from_slug)?,
            error: self.error.clone().unwrap_or_default(),
            remedy: self.remedy.clone().unwrap_or_default(),
        }))
    }

    /// # Errors
    /// `Corrupt` when its id is none.
    pub(crate) fn into_expansion(self) -> StoreResult<ExpansionJob> {
        Ok(ExpansionJob {
            id: uuid("a playlist's id", &self.id)?,
            user_id: self.user_id,
            attempt: from_integer(self.fence),
            url: self.url,
            selection: Selection {
                start_index: self.start_index.map(from_integer),
                end_index: self.end_index.map(from_integer),
                items: self.items,
            },
            max_items: from_integer(self.max_items),
            done_to_index: from_integer(self.done_to_index),
        })
    }
}

fn counts(completed: i32, failed: i32, cancelled: i32) -> ItemCounts {
    let count = |column: i32| u64::from(from_integer(column));
    ItemCounts { completed: count(completed), failed: count(failed), cancelled: count(cancelled) }
}

/// A count for a column.
pub(crate) fn count_column(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// An index for a column.
pub(crate) fn index_column(index: u32) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
