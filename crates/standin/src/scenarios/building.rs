//! Putting scenarios together.

use super::{
    Answer, Captions, Delay, Delivery, Extent, Failure, Outcome, Scenario, Streams, Wording,
};
use crate::youtube::Refusal;

pub(super) const fn plays(prefix: &'static str, about: &'static str, streams: Streams) -> Scenario {
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

pub(super) const fn breaks(
    prefix: &'static str,
    about: &'static str,
    code: &'static str,
    message: &'static str,
) -> Scenario {
    let mut scenario = plays(prefix, about, Streams::Few);
    scenario.outcome = Outcome::DownloadFails(Failure { code, message });
    scenario
}

pub(super) const fn info_fails(
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

pub(super) const fn refused(
    prefix: &'static str,
    about: &'static str,
    refusal: Refusal,
    code: &'static str,
    message: &'static str,
) -> Scenario {
    info_fails(prefix, about, Answer::Refused(refusal), code, message)
}

impl Scenario {
    pub(super) const fn titled(mut self, title: &'static str) -> Self {
        self.wording = Wording::Plain(title);
        self
    }

    pub(super) const fn worded(mut self, wording: Wording) -> Self {
        self.wording = wording;
        self
    }

    pub(super) const fn answered(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    pub(super) const fn sized(mut self, extent: Extent) -> Self {
        self.extent = extent;
        self
    }

    pub(super) const fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    pub(super) const fn delayed(mut self, delay: Delay) -> Self {
        self.delay = delay;
        self
    }

    pub(super) const fn captioned(mut self, captions: Captions) -> Self {
        self.captions = captions;
        self
    }

    pub(super) const fn numbered(mut self, meaning: &'static str) -> Self {
        self.number_means = Some(meaning);
        self
    }

    pub(super) const fn sponsored(mut self) -> Self {
        self.sponsored = true;
        self
    }
}
