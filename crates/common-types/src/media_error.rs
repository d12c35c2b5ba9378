//! Why a video cannot be had: the media codes, each with a cause and a remedy.

use serde::{Deserialize, Serialize};

/// What a filtering proxy writes into the reason phrase of a 403 when it refuses an address
/// (`HTTP/1.1 403 Magpie-Forbidden-Address`): the only part of a refused CONNECT that reaches whoever
/// asked for it.
pub const FORBIDDEN_ADDRESS_MARKER: &str = "Magpie-Forbidden-Address";

macro_rules! media_errors {
    ($($variant:ident, $slug:literal, $cause:literal, $remedy:literal;)*) => {
        /// Why media cannot be had, as `error_code` of a download and `code` of a 422.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum MediaErrorCode {
            $(#[serde(rename = $slug)] $variant,)*
        }

        impl MediaErrorCode {
            pub const ALL: &'static [MediaErrorCode] = &[$(MediaErrorCode::$variant),*];

            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }

            /// The code with this slug, if the table has it.
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.slug() == slug)
            }

            /// One sentence of cause, for the person who asked.
            pub const fn cause(self) -> &'static str {
                match self { $(Self::$variant => $cause),* }
            }

            /// One sentence that the person who asked can act on.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),* }
            }
        }
    };
}

media_errors! {
    PrivateVideo, "private_video", "This video is private.",
        "If you may watch it, add your cookies for the site; else ask its owner to make it public or unlisted.";
    VideoUnavailable, "video_unavailable", "This video has been removed or does not exist.",
        "Check the link; if it is right, look for another copy of the video.";
    GeoRestricted, "geo_restricted", "This video is not available in the country of this server.",
        "Ask the operator to route media traffic through a country where it is available.";
    AgeRestricted, "age_restricted", "This video is age-restricted and needs a signed-in account.",
        "Add your cookies for the site, of an account that may watch it, then try again.";
    LoginRequired, "login_required", "The site wants a signed-in account for this video.",
        "Add your cookies for the site, of an account that may watch it, then try again.";
    MembersOnly, "members_only", "This video is for members of the channel only.",
        "Add your cookies for the site, of an account that is a member, then try again.";
    LiveNotSupported, "live_not_supported", "This is a live stream that is still running.",
        "Wait until the stream has ended and its recording is published, then try again.";
    PremiereNotStarted, "premiere_not_started", "This premiere or scheduled stream has not started.",
        "Try again after it has been broadcast.";
    DrmProtected, "drm_protected", "This video is protected by DRM.",
        "It cannot be downloaded; watch it on the site.";
    BotCheck, "bot_check", "The site asked this server to prove that it is not a bot.",
        "Try again later; if it persists, add your cookies for the site, or ask the operator for another route.";
    PlatformRateLimited, "platform_rate_limited", "The site is limiting how much this server may ask.",
        "Wait a while, then try again.";
    NoSuchFormat, "no_such_format", "The video is not offered in the format that was asked for.",
        "Choose another format or quality.";
    FileTooLarge, "file_too_large", "The file is larger than this server allows.",
        "Choose a lower quality, or an audio format.";
    TimedOut, "timed_out", "The download took longer than this server allows.",
        "Try again, or choose a lower quality.";
    NetworkError, "network_error", "The connection to the site failed.",
        "Try again; if it persists, the site may be down.";
    ForbiddenAddress, "forbidden_address", "The media is at an address that this server refuses to contact.",
        "Use a public link; an operator can permit an address of their own network.";
    DiskFull, "disk_full", "This server has no room left for the file.",
        "Delete downloads that you no longer need, or ask the operator for more room.";
    EngineError, "engine_error", "The download engine failed in an unexpected way.",
        "Try again; if it persists, ask the operator to update the engine.";
}

/// A media failure as it is kept with a download: the code, and what to tell the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaProblem {
    pub error_code: MediaErrorCode,
    pub error: String,
    pub remedy: String,
}

impl From<MediaErrorCode> for MediaProblem {
    fn from(code: MediaErrorCode) -> Self {
        Self { error_code: code, error: code.cause().to_owned(), remedy: code.remedy().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_and_remedy_are_one_sentence_each() {
        for code in MediaErrorCode::ALL {
            for sentence in [code.cause(), code.remedy()] {
                assert!(sentence.ends_with('.'), "{sentence}");
                assert_eq!(sentence.matches(". ").count(), 0, "{sentence}");
            }
        }
    }
}
