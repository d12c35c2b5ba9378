//! What plays: every inventory of formats, hostile words, and what goes with a video.

use crate::scenarios::building::plays;
use crate::scenarios::{Captions, Scenario, Streams, Wording};

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
