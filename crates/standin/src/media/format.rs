//! YouTube's formats by their number, the itag.

use super::recipe::Recipe;
use crate::scenarios::{Extent, Video};

const MEGABYTE: u64 = 1_000_000;
const GIGABYTE: u64 = 1_000 * MEGABYTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Container {
    Mp4,
    M4a,
    Webm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codecs {
    H264,
    H264Aac,
    Vp9,
    Aac,
    Opus,
}

/// A row of the table of itags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Itag {
    pub(crate) number: u16,
    pub(crate) codecs: Codecs,
    /// The short side of the picture; 0 for audio.
    pub(crate) lines: u32,
    /// The tall ones have few, so that two cores make them in seconds.
    pub(crate) fps: u32,
    pub(crate) video_kbps: u32,
    pub(crate) audio_kbps: u32,
}

const ITAGS: &[Itag] = &[
    Itag {
        number: 18,
        codecs: Codecs::H264Aac,
        lines: 360,
        fps: 25,
        video_kbps: 400,
        audio_kbps: 96,
    },
    video(160, Codecs::H264, 144, 25, 80),
    video(133, Codecs::H264, 240, 25, 150),
    video(134, Codecs::H264, 360, 25, 300),
    video(135, Codecs::H264, 480, 25, 500),
    video(136, Codecs::H264, 720, 25, 1_000),
    video(137, Codecs::H264, 1_080, 10, 1_500),
    video(278, Codecs::Vp9, 144, 25, 60),
    video(242, Codecs::Vp9, 240, 25, 120),
    video(243, Codecs::Vp9, 360, 25, 250),
    video(244, Codecs::Vp9, 480, 25, 400),
    video(247, Codecs::Vp9, 720, 25, 800),
    video(248, Codecs::Vp9, 1_080, 10, 1_200),
    video(271, Codecs::Vp9, 1_440, 5, 1_500),
    video(313, Codecs::Vp9, 2_160, 5, 2_000),
    audio(140, Codecs::Aac, 128),
    audio(250, Codecs::Opus, 64),
    audio(251, Codecs::Opus, 128),
];

/// The long clips are there to be worked on, not to be fetched: they carry as little as they can.
const LONG_ITAGS: &[Itag] = &[video(160, Codecs::H264, 144, 30, 20), audio(140, Codecs::Aac, 24)];

const fn video(number: u16, codecs: Codecs, lines: u32, fps: u32, kbps: u32) -> Itag {
    Itag { number, codecs, lines, fps, video_kbps: kbps, audio_kbps: 0 }
}

const fn audio(number: u16, codecs: Codecs, kbps: u32) -> Itag {
    Itag { number, codecs, lines: 0, fps: 0, video_kbps: 0, audio_kbps: kbps }
}

/// One format of one video.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    pub(crate) itag: Itag,
    pub(crate) recipe: Recipe,
    /// How many bytes are served; what ffmpeg made is padded up to it.
    pub(crate) size_bytes: u64,
    /// How many bytes are announced.
    pub(crate) announced_bytes: Option<u64>,
}

impl Format {
    fn new(itag: Itag, video: &Video) -> Self {
        let recipe = Recipe::new(itag, video.scenario.streams.clip());
        let size_bytes = size_bytes(&recipe, video);
        let announced_bytes = match video.scenario.extent {
            Extent::Unknown => None,
            Extent::ClaimsOneMegabyte => Some(MEGABYTE),
            Extent::Natural | Extent::Megabytes | Extent::Gigabytes => Some(size_bytes),
        };
        Self { itag, recipe, size_bytes, announced_bytes }
    }

    pub(crate) fn media_type(&self) -> &'static str {
        match (self.itag.codecs, self.recipe.container()) {
            (Codecs::Aac, _) => "audio/mp4",
            (Codecs::Opus, _) => "audio/webm",
            (_, Container::Webm) => "video/webm",
            (_, Container::Mp4 | Container::M4a) => "video/mp4",
        }
    }
}

/// The formats of a video, as its scenario wants them.
pub(crate) fn formats_of(video: &Video) -> Vec<Format> {
    let table = if video.scenario.streams.clip().is_long() { LONG_ITAGS } else { ITAGS };
    let wanted = video.scenario.streams.itags();
    wanted
        .iter()
        .filter_map(|number| table.iter().find(|itag| itag.number == *number))
        .map(|itag| Format::new(*itag, video))
        .collect()
}

fn size_bytes(recipe: &Recipe, video: &Video) -> u64 {
    let natural = recipe.natural_size_bytes();
    if recipe.itag.lines == 0 {
        return natural;
    }
    let number = u64::from(video.number);
    match video.scenario.extent {
        Extent::Megabytes => natural.max(number * MEGABYTE),
        Extent::Gigabytes => natural.max(number * GIGABYTE),
        Extent::Natural | Extent::Unknown | Extent::ClaimsOneMegabyte => natural,
    }
}
