//! The catalogue: every video and playlist there is, what it does, and how it must end.
//!
//! A video id is a scenario's prefix and a number that fills it up to YouTube's 11 characters:
//! `OKAY_000001`, `PRIVATE_001`. Each id has its own memory (a scenario that fails once fails once
//! per id), so tests that share a stand-in take different numbers. Where [`Scenario::number_means`]
//! says so, the number also sets a rate, a size or a delay.

mod behaviour;
mod building;
mod catalogue;
mod playlists;
mod titles;

pub use catalogue::*;
pub use playlists::*;

pub(crate) use behaviour::{Answer, Captions, Delay, Delivery, Extent, Streams, Wording};

const ID_LENGTH: usize = 11;

/// How a scenario must end in a downloader that does everything right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It can be downloaded, if the downloader is patient or retries where it should.
    Downloads,
    /// Already the information is refused.
    InfoFails(Failure),
    /// The information comes, the download does not.
    DownloadFails(Failure),
}

/// How a failure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The media code of Magpie's contract.
    pub code: &'static str,
    /// A part of what yt-dlp says, in its error or its warnings.
    pub message: &'static str,
}

/// A family of videos that behave alike.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub prefix: &'static str,
    pub about: &'static str,
    pub outcome: Outcome,
    /// What the number of an id sets, where it is more than a name.
    pub number_means: Option<&'static str>,
    pub(crate) answer: Answer,
    pub(crate) streams: Streams,
    pub(crate) extent: Extent,
    pub(crate) delivery: Delivery,
    pub(crate) delay: Delay,
    pub(crate) captions: Captions,
    pub(crate) wording: Wording,
    pub(crate) sponsored: bool,
}

impl Scenario {
    /// The id with this number; numbers start at 1 and must fit in the digits that are left.
    pub fn id(&self, number: u32) -> String {
        let width = ID_LENGTH.saturating_sub(self.prefix.len());
        format!("{}{number:0width$}", self.prefix)
    }

    /// The watch page of [`Scenario::id`].
    pub fn url(&self, number: u32) -> String {
        format!("https://www.youtube.com/watch?v={}", self.id(number))
    }

    /// The video of [`Scenario::id`].
    pub fn video(&self, number: u32) -> Video {
        Video { scenario: *self, number, id: self.id(number) }
    }

    fn number_of(&self, id: &str) -> Option<u32> {
        let digits = id.strip_prefix(self.prefix)?;
        let known = id.len() == ID_LENGTH && digits.bytes().all(|byte| byte.is_ascii_digit());
        known.then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
    }
}

/// One video of a scenario.
#[derive(Clone, Debug)]
pub struct Video {
    pub scenario: Scenario,
    pub number: u32,
    pub id: String,
}

impl Video {
    /// Its title, as YouTube would say it: of any length, with any character.
    pub fn title(&self) -> String {
        titles::title(self)
    }

    /// The name of its channel.
    pub fn uploader(&self) -> String {
        titles::uploader(self)
    }

    pub(crate) fn description(&self) -> String {
        titles::description(self)
    }

    /// Its length in seconds.
    pub fn duration_seconds(&self) -> u32 {
        self.scenario.streams.clip().duration_seconds()
    }
}

/// The video with this id, if the catalogue has it.
pub fn find(id: &str) -> Option<Video> {
    ALL.iter().find_map(|scenario| scenario.number_of(id).map(|number| scenario.video(number)))
}
