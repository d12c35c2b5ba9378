//! The playlists and the channel. None is stored: every page is computed.

use super::{OKAY, PRIVATE, REMOVED, Scenario, Video};

/// A playlist that nobody but its owner may see.
pub const PRIVATE_PLAYLIST: &str = "PLstandin_private1";
/// Looks like a playlist and is none, as any id does that is not named here.
pub const UNKNOWN_PLAYLIST: &str = "PLstandin_unknown1";
/// Ten entries, of which the 3rd is private and the 6th was deleted.
pub const MIXED_PLAYLIST: &str = "PLstandin_mixed_10";
/// Five entries: the 2nd is the 1st once more, and the 4th has no title.
pub const ODD_PLAYLIST: &str = "PLstandin_odd_0005";
/// Says that it has 250 entries; after 200 the site answers 503.
pub const FAILING_PLAYLIST: &str = "PLstandin_fail_250";
/// Says that it has 250 entries; after 200 the site's answers hold nothing.
pub const DRYING_PLAYLIST: &str = "PLstandin_dry_0250";
/// A playlist without entries.
pub const EMPTY_PLAYLIST: &str = "PLstandin_of_00000";

/// The channel: [`CHANNEL_VIDEOS`] ordinary videos and a few Shorts.
pub const CHANNEL_ID: &str = "UCstandin_channel_000001";
pub const CHANNEL_HANDLE: &str = "@standin";
pub const CHANNEL_VIDEOS: u32 = 70;
pub const CHANNEL_SHORTS: u32 = 3;

const PREFIX_OF: &str = "PLstandin_of_";
const MIX_PREFIX: &str = "RD";
const ODD_ENTRIES: u32 = 5;
const ODD_REPEATED: u32 = 2;
const ODD_UNTITLED: u32 = 4;
const INTERRUPTED_ENTRIES: u32 = 250;
const INTERRUPTED_AFTER: u32 = 200;
const MIXED_ENTRIES: u32 = 10;
const MIXED_PRIVATE: u32 = 3;
const MIXED_DELETED: u32 = 6;

/// The id of a playlist of this many ordinary videos, up to 99,999: `PLstandin_of_00250`.
pub fn playlist_of(entries: u32) -> String {
    format!("{PREFIX_OF}{entries:05}")
}

/// The page of a playlist.
pub fn playlist_url(id: &str) -> String {
    format!("https://www.youtube.com/playlist?list={id}")
}

/// A mix that starts with this video. It has no end.
pub fn mix_url(video: &Video) -> String {
    format!("https://www.youtube.com/watch?v={0}&list={MIX_PREFIX}{0}", video.id)
}

/// What a playlist id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Playlist {
    Of(u32),
    Mixed,
    Odd,
    Failing,
    Drying,
    Uploads,
    Private,
}

/// One entry, as a playlist page shows it.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Video(Video),
    /// Without a title.
    Untitled(Video),
    /// Named `[Private video]`, without a length.
    Private(Video),
    /// Named `[Deleted video]`, without a length.
    Deleted(Video),
}

impl Playlist {
    pub(crate) fn find(id: &str) -> Option<Self> {
        match id {
            MIXED_PLAYLIST => Some(Self::Mixed),
            ODD_PLAYLIST => Some(Self::Odd),
            FAILING_PLAYLIST => Some(Self::Failing),
            DRYING_PLAYLIST => Some(Self::Drying),
            PRIVATE_PLAYLIST => Some(Self::Private),
            _ if id.strip_prefix("UU") == CHANNEL_ID.strip_prefix("UC") => Some(Self::Uploads),
            _ => {
                let digits = id.strip_prefix(PREFIX_OF).filter(|digits| digits.len() == 5)?;
                digits.parse().ok().map(Self::Of)
            }
        }
    }

    pub(crate) fn len(self) -> u32 {
        match self {
            Self::Of(entries) => entries,
            Self::Mixed => MIXED_ENTRIES,
            Self::Odd => ODD_ENTRIES,
            Self::Failing | Self::Drying => INTERRUPTED_ENTRIES,
            Self::Uploads => CHANNEL_VIDEOS,
            Self::Private => 0,
        }
    }

    /// Whether the site does not hand out what follows the first `shown` entries.
    pub(crate) fn breaks_off_after(self, shown: u32) -> bool {
        matches!(self, Self::Failing | Self::Drying) && shown >= INTERRUPTED_AFTER
    }

    pub(crate) fn title(self) -> String {
        match self {
            Self::Of(entries) => format!("Playlist of {entries}"),
            Self::Mixed => "Playlist with private and deleted videos".to_owned(),
            Self::Odd => "Playlist with odd entries".to_owned(),
            Self::Failing | Self::Drying => "Playlist that breaks off".to_owned(),
            Self::Uploads => "Uploads from Stand-in Channel".to_owned(),
            Self::Private => String::new(),
        }
    }

    /// The entry at this index, from 1.
    pub(crate) fn entry(self, index: u32) -> Entry {
        match (self, index) {
            (Self::Mixed, MIXED_PRIVATE) => Entry::Private(PRIVATE.video(index)),
            (Self::Mixed, MIXED_DELETED) => Entry::Deleted(REMOVED.video(index)),
            (Self::Odd, ODD_REPEATED) => Entry::Video(OKAY.video(1)),
            (Self::Odd, ODD_UNTITLED) => Entry::Untitled(OKAY.video(index)),
            _ => Entry::Video(OKAY.video(index)),
        }
    }
}

/// The video that a mix starts with, from the id of the mix.
pub(crate) fn mix_seed(playlist_id: &str) -> Option<Video> {
    super::find(playlist_id.strip_prefix(MIX_PREFIX)?)
}

/// The scenario that fills a tab of the channel, and how many videos it has there.
pub(crate) const fn channel_tab(shorts: bool) -> (Scenario, u32) {
    if shorts { (super::SHORT, CHANNEL_SHORTS) } else { (OKAY, CHANNEL_VIDEOS) }
}
