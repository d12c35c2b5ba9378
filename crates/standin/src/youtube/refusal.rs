//! Why a video cannot be played, in YouTube's words.

use serde_json::{Value, json};

use super::fields::set;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Private,
    Removed,
    Terminated,
    Copyright,
    Unavailable,
    Geo,
    Age,
    Login,
    BotCheck,
    Captcha,
    Members,
    UpcomingLive,
    Premiere,
    RateLimited,
}

/// Everything the page shows instead of the player.
struct Words {
    status: &'static str,
    reason: &'static str,
    more: Option<&'static str>,
}

const fn words(status: &'static str, reason: &'static str) -> Words {
    Words { status, reason, more: None }
}

impl Words {
    const fn more(self, more: &'static str) -> Self {
        Self { more: Some(more), ..self }
    }
}

impl Refusal {
    /// Whether the answer tells title and length all the same.
    pub(super) const fn tells_details(self) -> bool {
        !matches!(
            self,
            Self::Removed | Self::Terminated | Self::Copyright | Self::Unavailable | Self::Private
        )
    }

    pub(super) const fn is_scheduled(self) -> bool {
        matches!(self, Self::UpcomingLive | Self::Premiere)
    }

    /// The `playabilityStatus` of a player response.
    pub(super) fn playability(self) -> Value {
        let Words { status, reason, more } = self.words();
        let mut message = json!({ "reason": { "simpleText": reason } });
        if let Some(more) = more {
            set(&mut message, "subreason", json!({ "simpleText": more }));
        }
        let mut screen = json!({ "playerErrorMessageRenderer": message });
        if self == Self::Captcha {
            screen = json!({ "playerCaptchaViewModel": { "captchaType": "CAPTCHA" } });
        }
        let mut playability = json!({
            "status": status,
            "reason": reason,
            "errorScreen": screen,
            "playableInEmbed": false,
        });
        if self.is_scheduled() {
            set(&mut playability, "liveStreamability", scheduled_stream());
        }
        playability
    }

    const fn words(self) -> Words {
        match self {
            Self::Private => words("LOGIN_REQUIRED", "Private video")
                .more("Sign in if you've been granted access to this video"),
            Self::Removed => words("ERROR", "Video unavailable")
                .more("This video has been removed by the uploader"),
            Self::Terminated => words("ERROR", "Video unavailable").more(
                "This video is no longer available because the YouTube account associated with \
                 this video has been terminated.",
            ),
            Self::Copyright => words("UNPLAYABLE", "Video unavailable").more(
                "This video contains content from Stand-in Music, who has blocked it on copyright \
                 grounds",
            ),
            Self::Unavailable => {
                words("ERROR", "Video unavailable").more("This video is unavailable")
            }
            Self::Geo => words("UNPLAYABLE", "Video unavailable")
                .more("The uploader has not made this video available in your country"),
            Self::Age => words("LOGIN_REQUIRED", "Sign in to confirm your age")
                .more("This video may be inappropriate for some users."),
            Self::Login => words("LOGIN_REQUIRED", "Sign in to watch this video"),
            Self::BotCheck => words("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot")
                .more("This helps protect our community. Learn more"),
            Self::Captcha => words("UNPLAYABLE", "Please verify that you are human"),
            Self::Members => words(
                "UNPLAYABLE",
                "Join this channel to get access to members-only content like this video, and \
                 other exclusive perks.",
            ),
            Self::UpcomingLive => {
                words("LIVE_STREAM_OFFLINE", "This live event will begin in 3 hours.")
            }
            Self::Premiere => words("LIVE_STREAM_OFFLINE", "Premieres in 3 hours"),
            Self::RateLimited => {
                words("UNPLAYABLE", "This content isn't available, try again later.")
            }
        }
    }
}

/// The start of the year 2100: what is to come stays so.
pub(super) const SCHEDULED_START: &str = "4102444800";

fn scheduled_stream() -> Value {
    json!({ "liveStreamabilityRenderer": {
        "offlineSlate": { "liveStreamOfflineSlateRenderer": {
            "scheduledStartTime": SCHEDULED_START,
        } },
        "pollDelayMs": "15000",
    } })
}
