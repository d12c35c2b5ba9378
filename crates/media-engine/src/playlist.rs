//! What a playlist, a channel or a mix holds.

use common_types::MediaErrorCode;

use crate::wire::{ListHead, RawEntry};

/// Some entries of a list of videos, in the list's own order.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaylistPage {
    /// The site's id of the list.
    pub id: String,
    pub title: Option<String>,
    pub uploader: Option<String>,
    /// What the site says, which may be a few more than it shows. None where it does not say, and for
    /// what has no end.
    pub total: Option<u64>,
    /// Whether the site makes the list up for as long as anyone asks, as it does a mix. It is never
    /// twice the same.
    pub is_endless: bool,
    pub entries: Vec<ListedEntry>,
    /// Whether the list goes on after these entries.
    pub has_more: bool,
}

/// One video of a list, as the list shows it. Lists within a list are passed over and not counted.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedEntry {
    /// From 1.
    pub index: u32,
    /// The site's id of the video.
    pub id: String,
    pub title: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
    /// Set where the list already says that the video cannot be had. Its absence promises nothing.
    pub problem: Option<MediaErrorCode>,
}

/// How an enumeration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaylistSummary {
    /// How many entries were handed over.
    pub entries: u64,
    /// Whether the list goes on after the last of them.
    pub has_more: bool,
}

impl PlaylistPage {
    pub(crate) fn new(head: ListHead, entries: Vec<RawEntry>, has_more: bool) -> Self {
        Self {
            id: head.id.unwrap_or_default(),
            title: head.title,
            uploader: head.uploader,
            total: head.total,
            is_endless: head.is_endless,
            entries: entries.into_iter().map(ListedEntry::from).collect(),
            has_more,
        }
    }

    /// Adds what follows.
    pub(crate) fn append(&mut self, next: Self) {
        self.entries.extend(next.entries);
        self.has_more = next.has_more;
    }
}

impl From<RawEntry> for ListedEntry {
    fn from(raw: RawEntry) -> Self {
        let problem = problem(&raw);
        let RawEntry { index, id, title, duration } = raw;
        Self { index, id, title, duration, problem }
    }
}

/// A site keeps the place of a video that is gone, under a name that it gives to no other. A person
/// may, but such a video has a length.
fn problem(entry: &RawEntry) -> Option<MediaErrorCode> {
    match entry.title.as_deref() {
        _ if entry.duration.is_some() => None,
        Some("[Private video]") => Some(MediaErrorCode::PrivateVideo),
        Some("[Deleted video]" | "[Unavailable video]") => Some(MediaErrorCode::VideoUnavailable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(title: &str, duration: Option<f64>) -> ListedEntry {
        RawEntry { index: 1, id: "x".to_owned(), title: Some(title.to_owned()), duration }.into()
    }

    #[test]
    fn a_lost_video_is_known_by_its_name_and_lack_of_length() {
        let private = entry("[Private video]", None);
        assert_eq!(private.problem, Some(MediaErrorCode::PrivateVideo));
        assert_eq!(entry("[Private video]", Some(10.0)).problem, None);
        let deleted = entry("[Deleted video]", None);
        assert_eq!(deleted.problem, Some(MediaErrorCode::VideoUnavailable));
        assert_eq!(entry("A stream without a length", None).problem, None);
    }
}
