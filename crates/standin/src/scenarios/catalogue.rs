//! Every scenario, by what it is about.

use super::{
    Answer, Captions, Delay, Delivery, Extent, Failure, Outcome, Scenario, Streams, Wording,
};
use crate::youtube::Refusal;

/// All scenarios, in the order of this file.
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
    NO_FORMATS,
];

/// An ordinary video in every format; all of them share the same media.
pub const OKAY: Scenario =
    plays("OKAY_", "An ordinary video in every format from 144p to 2160p", Streams::Everything)
        .titled("Ordinary video");
pub const NO_AUDIO: Scenario =
    plays("NOAUDIO_", "A video without any audio", Streams::VideoOnly).titled("Silent film");
pub const AUDIO_ONLY: Scenario =
    plays("AUDIO_", "An upload of audio alone", Streams::AudioOnly).titled("Only to be heard");
pub const SHORT: Scenario =
    plays("SHORT_", "A vertical Short up to 1080p", Streams::Vertical).titled("Vertical Short");
pub const ONLY_360P: Scenario =
    plays("ONLY360_", "Nothing but one muxed 360p stream", Streams::Only360p).titled("Old upload");
pub const FROM_720P: Scenario =
    plays("FROM720_", "Nothing lower than 720p", Streams::From720p).titled("Sharp video");
pub const WEBM_ONLY: Scenario =
    plays("WEBM_", "Only VP9 and Opus in WebM", Streams::WebmOnly).titled("WebM video");
pub const MP4_ONLY: Scenario =
    plays("MP4_", "Only H.264 and AAC in MP4", Streams::Mp4Only).titled("MP4 video");

/// Numbers 1 to 18 have a title each; all above have one of 400 characters.
pub const HOSTILE: Scenario =
    plays("HOSTILE_", "Titles, uploader and description that attack", Streams::Few)
        .worded(Wording::Hostile);
pub const CHAPTERS: Scenario =
    plays("CHAPTER_", "Chapters in the description", Streams::Few).worded(Wording::Chapters);
pub const SUBTITLES: Scenario =
    plays("SUBS_", "Subtitles in English and German, automatic ones in French", Streams::Few)
        .titled("Subtitled video")
        .captioned(Captions::Available);
pub const SUBTITLES_404: Scenario =
    plays("SUBS404_", "Subtitles are listed, fetching them is 404", Streams::Few)
        .titled("Video with lost subtitles")
        .captioned(Captions::Failing(404));
pub const SUBTITLES_429: Scenario =
    plays("SUBS429_", "Subtitles are listed, fetching them is 429", Streams::Few)
        .titled("Video with rationed subtitles")
        .captioned(Captions::Failing(429));
/// SponsorBlock knows a sponsor from 2 s to 4 s and an outro from 8 s to 10 s.
pub const SPONSORED: Scenario = plays("SPONSOR_", "Has SponsorBlock segments", Streams::Few)
    .titled("Sponsored video")
    .sponsored();

pub const LARGE: Scenario =
    plays("LARGE_", "Large video streams that are really sent", Streams::Few)
        .titled("Large video")
        .sized(Extent::Megabytes)
        .numbered("megabytes of each video format");
pub const HUGE: Scenario = breaks("HUGE_", "Announces more than any limit", "file_too_large", "")
    .titled("Huge video")
    .sized(Extent::Gigabytes)
    .numbered("gigabytes of each video format");
pub const NO_LENGTH: Scenario =
    breaks("NOLEN_", "No length anywhere, and a body without end", "file_too_large", "")
        .titled("Endless video")
        .sized(Extent::Unknown)
        .delivered(Delivery::Endless);
pub const LYING: Scenario =
    breaks("LIES_", "Announces one megabyte and sends without end", "file_too_large", "")
        .titled("Lying video")
        .sized(Extent::ClaimsOneMegabyte)
        .delivered(Delivery::Endless);

pub const SLOW: Scenario = plays("SLOW_", "Media trickles; resumes by Range", Streams::Few)
    .titled("Slow video")
    .delivered(Delivery::Paced)
    .numbered("kilobytes a second");
pub const SLOW_PAGE: Scenario = plays("SLOWPAGE_", "The watch page takes its time", Streams::Few)
    .titled("Slow page")
    .delayed(Delay::WatchPage)
    .numbered("seconds until the page comes");
pub const SLOW_PLAYER: Scenario =
    plays("SLOWPLAY_", "The player API takes its time, for every client", Streams::Few)
        .titled("Slow player")
        .delayed(Delay::PlayerApi)
        .numbered("seconds until each answer comes");
/// Its MP3 takes some ten seconds of work.
pub const LONG: Scenario =
    plays("LONG_", "Half an hour in few bytes: slow to transcode", Streams::HalfHour)
        .titled("Half an hour");
/// Merging its 160 and 140 takes some seconds; its MP3 takes a minute.
pub const SLOW_MERGE: Scenario =
    plays("MERGE_", "Two hours in few bytes: slow to merge", Streams::TwoHours).titled("Two hours");

pub const STALL: Scenario =
    breaks("STALL_", "Some bytes, then nothing for ever", "timed_out", "Read timed out")
        .titled("Stalling video")
        .delivered(Delivery::Stalls);
pub const TRUNCATED: Scenario =
    plays("TRUNC_", "Connections break after a while; resuming gets there", Streams::Few)
        .titled("Breaking video")
        .delivered(Delivery::CutOften);
pub const TRUNCATED_FOR_GOOD: Scenario = breaks(
    "TRUNCEND_",
    "Connections always break at the same byte",
    "network_error",
    "more expected",
)
.titled("Broken video")
.delivered(Delivery::CutForGood);
pub const CDN_403: Scenario =
    breaks("CDN403_", "The media servers always refuse", "network_error", "HTTP Error 403")
        .titled("Forbidden media")
        .delivered(Delivery::Forbidden);
pub const CDN_403_ONCE: Scenario =
    plays("ONCE403_", "The media servers refuse until asked with fresh addresses", Streams::Few)
        .titled("Expired media")
        .delivered(Delivery::ForbiddenOnce);
pub const CDN_500: Scenario =
    plays("CDN500_", "The media servers fail twice per stream, with 500", Streams::Few)
        .titled("Failing media")
        .delivered(Delivery::FailsTwice(500));
pub const CDN_503: Scenario =
    plays("CDN503_", "The media servers fail twice per stream, with 503", Streams::Few)
        .titled("Overloaded media")
        .delivered(Delivery::FailsTwice(503));

pub const PRIVATE: Scenario =
    refused("PRIVATE_", "A private video", Refusal::Private, "private_video", "Private video");
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
pub const NO_FORMATS: Scenario = info_fails(
    "NOFORMAT_",
    "Playable, and without a format",
    Answer::NoFormats,
    "no_such_format",
    "No video formats found",
);

const fn plays(prefix: &'static str, about: &'static str, streams: Streams) -> Scenario {
    Scenario {
        prefix,
        about,
        outcome: Outcome::Downloads,
        number_means: None,
        answer: Answer::Playable,
        streams,
        extent: Extent::Natural,
        delivery: Delivery::Whole,
        delay: Delay::None,
        captions: Captions::None,
        wording: Wording::Plain(about),
        sponsored: false,
    }
}

const fn breaks(
    prefix: &'static str,
    about: &'static str,
    code: &'static str,
    message: &'static str,
) -> Scenario {
    let mut scenario = plays(prefix, about, Streams::Few);
    scenario.outcome = Outcome::DownloadFails(Failure { code, message });
    scenario
}

const fn info_fails(
    prefix: &'static str,
    about: &'static str,
    answer: Answer,
    code: &'static str,
    message: &'static str,
) -> Scenario {
    let mut scenario = plays(prefix, about, Streams::Few).answered(answer);
    scenario.outcome = Outcome::InfoFails(Failure { code, message });
    scenario
}

const fn refused(
    prefix: &'static str,
    about: &'static str,
    refusal: Refusal,
    code: &'static str,
    message: &'static str,
) -> Scenario {
    info_fails(prefix, about, Answer::Refused(refusal), code, message)
}

impl Scenario {
    const fn titled(mut self, title: &'static str) -> Self {
        self.wording = Wording::Plain(title);
        self
    }

    const fn worded(mut self, wording: Wording) -> Self {
        self.wording = wording;
        self
    }

    const fn answered(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    const fn sized(mut self, extent: Extent) -> Self {
        self.extent = extent;
        self
    }

    const fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    const fn delayed(mut self, delay: Delay) -> Self {
        self.delay = delay;
        self
    }

    const fn captioned(mut self, captions: Captions) -> Self {
        self.captions = captions;
        self
    }

    const fn numbered(mut self, meaning: &'static str) -> Self {
        self.number_means = Some(meaning);
        self
    }

    const fn sponsored(mut self) -> Self {
        self.sponsored = true;
        self
    }
}
