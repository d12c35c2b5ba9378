//! What makes scenarios differ, one enum for each part that plays them.

use crate::media::Clip;
use crate::youtube::Refusal;

/// What the watch page and the player API say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Playable,
    /// Refused everywhere but in the embedded player.
    PlayableWhenEmbedded,
    Refused(Refusal),
    /// Private to all who do not send [`super::FRIENDS_COOKIE`].
    ForFriends,
    LiveNow,
    DrmProtected,
    /// HTTP 429 to everything that concerns it.
    TooManyRequests,
    /// HTTP 503 to everything that concerns it.
    Unavailable,
    /// Every answer that concerns it breaks off after its head.
    BreaksOff,
    /// Playable, they say, and name no format.
    NoFormats,
    /// The player API answers for another video, as it does to addresses it has blocked.
    AnotherVideo,
}

/// Which formats there are, and of what clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    Everything,
    /// A few, for scenarios that are about something else.
    Few,
    VideoOnly,
    AudioOnly,
    Vertical,
    Only360p,
    From720p,
    WebmOnly,
    Mp4Only,
    /// Half an hour of sound to transcode.
    HalfHour,
    /// Two hours of tiny packets: cheap to fetch, slow to merge.
    TwoHours,
}

impl Streams {
    pub(crate) const fn clip(self) -> Clip {
        match self {
            Self::Vertical => Clip::Tall,
            Self::HalfHour => Clip::HalfHour,
            Self::TwoHours => Clip::TwoHours,
            _ => Clip::Wide,
        }
    }

    pub(crate) const fn itags(self) -> &'static [u16] {
        match self {
            Self::Everything => &[
                18, 160, 133, 134, 135, 136, 137, 278, 242, 243, 244, 247, 248, 271, 313, 140, 250,
                251,
            ],
            Self::Few => &[18, 134, 136, 247, 140, 251],
            Self::VideoOnly => &[134, 136, 243, 247],
            Self::AudioOnly => &[140, 250, 251],
            Self::Vertical => &[18, 134, 136, 137, 247, 140, 251],
            Self::Only360p => &[18],
            Self::From720p => &[136, 137, 247, 248, 140, 251],
            Self::WebmOnly => &[278, 242, 243, 244, 247, 248, 271, 313, 250, 251],
            Self::Mp4Only => &[18, 160, 133, 134, 135, 136, 137, 140],
            Self::HalfHour | Self::TwoHours => &[160, 140],
        }
    }
}

/// How much is announced for each format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Natural,
    /// The video formats are padded to the id's number of megabytes.
    Megabytes,
    /// The same in gigabytes.
    Gigabytes,
    /// Nothing is announced.
    Unknown,
    /// One megabyte is announced, whatever follows.
    ClaimsOneMegabyte,
}

/// How the media servers deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// At the id's number of kilobytes a second.
    Paced,
    /// Nothing more comes beyond some point, and the connection stays.
    Stalls,
    /// Every connection is cut after a while; another goes on from there.
    CutOften,
    /// Every connection is cut at the same byte.
    CutForGood,
    Forbidden,
    /// 403 until fresh addresses are asked for.
    ForbiddenOnce,
    /// The first requests fail with this status.
    FailsTwice(u16),
    /// A body of unknown length that does not end.
    Endless,
}

/// What is slow to answer, by the id's number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    None,
    WatchPage,
    PlayerApi,
}

/// Subtitles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captions {
    None,
    /// English and German, and automatic French.
    Available,
    /// The same are listed, and fetching them fails with this status.
    Failing(u16),
}

/// Title, uploader and description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    Plain(&'static str),
    /// The description names chapters.
    Chapters,
    /// A different attack for every number.
    Hostile,
}
