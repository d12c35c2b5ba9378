//! What cannot be had, or only by asking in another way.

use crate::scenarios::building::{breaks, info_fails, plays, refused};
use crate::scenarios::{Answer, Scenario, Streams};
use crate::youtube::Refusal;

pub const PRIVATE: Scenario =
    refused("PRIVATE_", "A private video", Refusal::Private, "private_video", "Private video");
/// Plays for whoever sends [`FRIENDS_COOKIE`].
pub const FRIENDS: Scenario = info_fails(
    "FRIENDS_",
    "A private video, but not to its owner's friends",
    Answer::ForFriends,
    "private_video",
    "Private video",
)
.titled("Only for friends");
/// The name and the value of the cookie that a friend's browser has.
pub const FRIENDS_COOKIE: (&str, &str) = ("STANDIN_FRIEND", "f13nd-0f-th3-0wn3r");
pub const REMOVED: Scenario = refused(
    "REMOVED_",
    "Removed by its uploader",
    Refusal::Removed,
    "video_unavailable",
    "removed by the uploader",
);
pub const TERMINATED: Scenario = refused(
    "TERMIN_",
    "Its account was terminated",
    Refusal::Terminated,
    "video_unavailable",
    "has been terminated",
);
pub const COPYRIGHT: Scenario = refused(
    "COPYRGT_",
    "Blocked by a claim",
    Refusal::Copyright,
    "video_unavailable",
    "on copyright grounds",
);
/// Answers as any id does that the catalogue does not have.
pub const UNAVAILABLE: Scenario = refused(
    "UNKNOWN_",
    "Never existed",
    Refusal::Unavailable,
    "video_unavailable",
    "Video unavailable",
);
pub const GEO: Scenario = refused(
    "GEO_",
    "Not in this country",
    Refusal::Geo,
    "geo_restricted",
    "not made this video available in your country",
);
pub const AGE: Scenario = refused(
    "AGE_",
    "Age-restricted, in the embedded player too",
    Refusal::Age,
    "age_restricted",
    "confirm your age",
);
pub const AGE_EMBEDDABLE: Scenario =
    plays("AGEEMBED_", "Age-restricted, but not in the embedded player", Streams::Few)
        .titled("Embeddable video")
        .answered(Answer::PlayableWhenEmbedded);
pub const LOGIN: Scenario =
    refused("LOGIN_", "Only for who has signed in", Refusal::Login, "login_required", "Sign in");
pub const BOT_CHECK: Scenario = refused(
    "BOTCHECK_",
    "Asks to prove that one is no bot",
    Refusal::BotCheck,
    "bot_check",
    "not a bot",
);
pub const CAPTCHA: Scenario = refused(
    "CAPTCHA_",
    "Asks to solve a captcha",
    Refusal::Captcha,
    "bot_check",
    "captcha challenge",
);
pub const BLOCKED: Scenario = info_fails(
    "BLOCKED_",
    "The player answers for another video",
    Answer::AnotherVideo,
    "bot_check",
    "All player responses are invalid",
);
pub const MEMBERS: Scenario = refused(
    "MEMBERS_",
    "Only for members of the channel",
    Refusal::Members,
    "members_only",
    "members-only",
);
/// Without a filter, fetching it never ends.
pub const LIVE: Scenario = breaks("LIVE_", "A stream that is on now", "live_not_supported", "")
    .titled("Live stream")
    .answered(Answer::LiveNow);
pub const UPCOMING: Scenario = refused(
    "UPCOMING_",
    "A live stream that has not begun",
    Refusal::UpcomingLive,
    "premiere_not_started",
    "This live event will begin in",
);
pub const PREMIERE: Scenario = refused(
    "PREMIERE_",
    "A premiere that has not begun",
    Refusal::Premiere,
    "premiere_not_started",
    "Premieres in",
);
pub const DRM: Scenario = info_fails(
    "DRM_",
    "Every format is protected",
    Answer::DrmProtected,
    "drm_protected",
    "DRM protected",
);
pub const TOO_MANY_REQUESTS: Scenario = info_fails(
    "HTTP429_",
    "HTTP 429 to page and player",
    Answer::TooManyRequests,
    "platform_rate_limited",
    "HTTP Error 429",
);
pub const RATE_LIMITED: Scenario = refused(
    "RATELIM_",
    "The session was rate-limited",
    Refusal::RateLimited,
    "platform_rate_limited",
    "rate-limited by YouTube",
);
pub const SITE_503: Scenario = info_fails(
    "HTTP503_",
    "HTTP 503 to page and player",
    Answer::Unavailable,
    "network_error",
    "HTTP Error 503",
);
pub const SITE_BREAKS_OFF: Scenario = info_fails(
    "BREAKOFF_",
    "Page and player break off",
    Answer::BreaksOff,
    "network_error",
    "bytes read",
);
pub const NO_FORMATS: Scenario = info_fails(
    "NOFORMAT_",
    "Playable, and without a format",
    Answer::NoFormats,
    "no_such_format",
    "No video formats found",
);
