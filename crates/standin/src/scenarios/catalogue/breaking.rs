//! What is hard to fetch: large, slow, long, breaking and refused media.

use crate::scenarios::building::{breaks, plays};
use crate::scenarios::{Delay, Delivery, Extent, Scenario, Streams};

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
