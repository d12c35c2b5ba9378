//! Every scenario, by what it is about.

mod breaking;
mod playing;
mod refusing;

pub use breaking::*;
pub use playing::*;
pub use refusing::*;

use super::Scenario;

/// All scenarios, those that work first.
pub const ALL: &[Scenario] = &[
    OKAY,
    NO_AUDIO,
    AUDIO_ONLY,
    SHORT,
    ONLY_360P,
    FROM_720P,
    WEBM_ONLY,
    MP4_ONLY,
    HOSTILE,
    CHAPTERS,
    SUBTITLES,
    SUBTITLES_404,
    SUBTITLES_429,
    SPONSORED,
    LARGE,
    HUGE,
    NO_LENGTH,
    LYING,
    SLOW,
    SLOW_PAGE,
    SLOW_PLAYER,
    LONG,
    SLOW_MERGE,
    STALL,
    TRUNCATED,
    TRUNCATED_FOR_GOOD,
    CDN_403,
    CDN_403_ONCE,
    CDN_500,
    CDN_503,
    PRIVATE,
    FRIENDS,
    REMOVED,
    TERMINATED,
    COPYRIGHT,
    UNAVAILABLE,
    GEO,
    AGE,
    AGE_EMBEDDABLE,
    LOGIN,
    BOT_CHECK,
    CAPTCHA,
    BLOCKED,
    MEMBERS,
    LIVE,
    UPCOMING,
    PREMIERE,
    DRM,
    TOO_MANY_REQUESTS,
    RATE_LIMITED,
    SITE_503,
    SITE_BREAKS_OFF,
    NO_FORMATS,
];
