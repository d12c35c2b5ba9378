//! What a failure of yt-dlp means: from facts and words to a media code.

use common_types::MediaErrorCode::{self, *};

use crate::{
    failure::{FORBIDDEN_ADDRESS_MARKER, MediaFailure},
    wire::Facts,
};

/// With less room than this, a failure of ffmpeg, which says only "Conversion failed!", is the disk's.
const FULL_BELOW_BYTES: u64 = 16 * 1024 * 1024;
const EFBIG: i64 = 27;
const ENOSPC: i64 = 28;
const EDQUOT: i64 = 122;

/// A code, and a cause where the table's is too general.
type Verdict = (MediaErrorCode, Option<&'static str>);

const NOT_WEB: &str = "The media is said to be at something else than a web address.";

/// Words, all of which must be there in this order, and what they mean. The first match counts, so
/// what is said most clearly stands first: many messages also advise to sign in.
const MESSAGES: &[(&[&str], MediaErrorCode)] = &[
    (&["unsupported url scheme"], ForbiddenAddress),
    (&["no connection adapters were found"], ForbiddenAddress),
    (&["private video"], PrivateVideo),
    (&["playlist is private"], PrivateVideo),
    (&["playlist type is unviewable"], VideoUnavailable),
    (&["channel does not have a", "tab"], VideoUnavailable),
    (&["members-only"], MembersOnly),
    (&["available to this channel's members"], MembersOnly),
    (&["join this channel"], MembersOnly),
    (&["confirm your age"], AgeRestricted),
    (&["age-restricted"], AgeRestricted),
    (&["inappropriate for some users"], AgeRestricted),
    (&["not a bot"], BotCheck),
    (&["captcha"], BotCheck),
    (&["all player responses are invalid"], BotCheck),
    (&["not made this video available in your country"], GeoRestricted),
    (&["not available in your country"], GeoRestricted),
    (&["not available from your location"], GeoRestricted),
    (&["geo restriction"], GeoRestricted),
    (&["premieres in"], PremiereNotStarted),
    (&["premiere will begin"], PremiereNotStarted),
    (&["live event will begin"], PremiereNotStarted),
    (&["live stream recording is not available"], LiveNotSupported),
    (&["drm protect"], DrmProtected),
    (&["rate-limited by"], PlatformRateLimited),
    (&["requires payment"], LoginRequired),
    (&["music premium"], LoginRequired),
    (&["requested format is not available"], NoSuchFormat),
    (&["unable to obtain file audio codec"], NoSuchFormat),
    (&["no video formats"], NoSuchFormat),
    (&["removed by the uploader"], VideoUnavailable),
    (&["account associated", "terminated"], VideoUnavailable),
    (&["removed for violating"], VideoUnavailable),
    (&["copyright grounds"], VideoUnavailable),
    (&["video unavailable"], VideoUnavailable),
    (&["is not available"], VideoUnavailable),
    (&["no longer available"], VideoUnavailable),
    (&["does not exist"], VideoUnavailable),
    (&["unsupported url"], VideoUnavailable),
    (&["no suitable extractor"], VideoUnavailable),
    (&["incomplete youtube id"], VideoUnavailable),
    (&["http error 429"], PlatformRateLimited),
    (&["too many requests"], PlatformRateLimited),
    (&["no space left"], DiskFull),
    (&["disk quota exceeded"], DiskFull),
    (&["file too large"], FileTooLarge),
    (&["larger than max-filesize"], FileTooLarge),
];

/// What is said when nothing clearer was.
const VAGUE_MESSAGES: &[(&[&str], MediaErrorCode)] = &[
    (&["timed out"], TimedOut),
    (&["unable to download video data: http error"], NetworkError),
    (&["bytes read", "more expected"], NetworkError),
    (&["content too short"], NetworkError),
    (&["unable to connect to proxy"], NetworkError),
    (&["connection"], NetworkError),
    (&["http error 5"], NetworkError),
    (&["http error 404"], VideoUnavailable),
    (&["http error 410"], VideoUnavailable),
    (&["http error 403"], NetworkError),
    (&["try again later"], PlatformRateLimited),
    (&["sign in"], LoginRequired),
    (&["log in"], LoginRequired),
    (&["login"], LoginRequired),
    (&["--cookies"], LoginRequired),
];

const CLASSES: &[(&str, MediaErrorCode)] = &[
    ("GeoRestrictedError", GeoRestricted),
    ("UnsupportedError", VideoUnavailable),
    ("IncompleteRead", NetworkError),
    ("ContentTooShortError", NetworkError),
    ("ProxyError", NetworkError),
    ("SSLError", NetworkError),
    ("TransportError", NetworkError),
    ("LookupError", VideoUnavailable),
];

/// The failure that these facts amount to.
pub(crate) fn classify(facts: &Facts) -> MediaFailure {
    let (code, cause) = verdict(facts);
    let detail = detail(facts);
    let failure = match cause {
        Some(cause) => MediaFailure::because(code, cause, detail),
        None => MediaFailure::new(code, detail),
    };
    // Here it was the site that took too long for one answer, not the job for all of it.
    if code == TimedOut { failure.that_may_pass() } else { failure }
}

/// The same for a list of videos: the table's causes speak of one video.
pub(crate) fn classify_list(facts: &Facts) -> MediaFailure {
    let mut failure = classify(facts);
    let is_general = failure.problem.error == failure.code().cause();
    let cause = match failure.code() {
        PrivateVideo => "This playlist is private.",
        VideoUnavailable if is_general => {
            "This playlist or channel has been removed or does not exist."
        }
        LoginRequired if is_general => "The site wants a signed-in account for this playlist.",
        NetworkError if plain(&facts.message).contains("http error 403") => {
            "The site refused to show this playlist."
        }
        _ => return failure,
    };
    cause.clone_into(&mut failure.problem.error);
    failure
}

/// Whether the media servers refused an address that the site had just handed out: it may have
/// expired, and a fresh one may do.
pub(crate) fn wants_fresh_addresses(facts: &Facts) -> bool {
    facts.reason.is_none() && plain(&facts.message).contains("video data: http error 403")
}

/// Whether what a probe had found may be to blame, so that looking anew may help.
pub(crate) fn may_be_stale(facts: &Facts) -> bool {
    facts.reason.is_none() && verdict(facts).0 != DiskFull
}

fn verdict(facts: &Facts) -> Verdict {
    if let Some(verdict) = facts.reason.as_deref().and_then(our_reason) {
        return verdict;
    }
    let said = plain(&facts.message);
    let warned = plain(&warnings(facts));
    let marker = FORBIDDEN_ADDRESS_MARKER.to_ascii_lowercase();
    if said.contains(&marker) || warned.contains(&marker) {
        return (ForbiddenAddress, None);
    }
    if let Some(code) = by_system_error(facts, &said) {
        return (code, None);
    }
    let code = by_words(MESSAGES, &said)
        .or_else(|| by_class(facts, &["GeoRestrictedError", "UnsupportedError"]))
        .or_else(|| by_words(MESSAGES, &warned))
        .or_else(|| by_words(VAGUE_MESSAGES, &said))
        .or_else(|| by_class(facts, &[]))
        .or_else(|| by_words(VAGUE_MESSAGES, &warned));
    match code {
        Some(code) => (code, more_exact(code, &said)),
        None => (EngineError, None),
    }
}

/// Why our own code ended a job: `Refused` in `refusal.py`.
fn our_reason(reason: &str) -> Option<Verdict> {
    Some(match reason {
        "live" => (LiveNotSupported, None),
        "upcoming" => (PremiereNotStarted, None),
        "too_large" => (FileTooLarge, None),
        "not_web" => (ForbiddenAddress, Some(NOT_WEB)),
        "encrypted" => {
            (DrmProtected, Some("This video is encrypted in a way that cannot be undone here."))
        }
        "sound_only" => (NoSuchFormat, Some("This upload has sound only, without pictures.")),
        "no_sound" => (NoSuchFormat, Some("This video has no sound.")),
        "incomplete" => (NetworkError, Some("The file that arrived is incomplete.")),
        "unreadable" | "no_file" => (EngineError, Some("The file that arrived cannot be played.")),
        "no_list" => (VideoUnavailable, Some("This link leads to no playlist or channel.")),
        "lists_only" => {
            (VideoUnavailable, Some("This link leads to several playlists instead of to one."))
        }
        "list_cut" => (NetworkError, Some("The site sent only a part of this list.")),
        "no_picture" => (NoSuchFormat, Some("What arrived is not a picture.")),
        _ => return None,
    })
}

fn by_system_error(facts: &Facts, said: &str) -> Option<MediaErrorCode> {
    let full = facts.free_bytes.is_some_and(|free| free < FULL_BELOW_BYTES);
    match facts.errno {
        Some(ENOSPC | EDQUOT) => Some(DiskFull),
        Some(EFBIG) => Some(FileTooLarge),
        _ if full && said.contains("postprocessing") => Some(DiskFull),
        _ => None,
    }
}

fn by_words(table: &[(&[&str], MediaErrorCode)], said: &str) -> Option<MediaErrorCode> {
    table.iter().find(|(words, _)| in_order(words, said)).map(|(_, code)| *code)
}

fn in_order(words: &[&str], said: &str) -> bool {
    let mut rest = Some(said);
    for word in words {
        rest = rest.and_then(|rest| rest.split_once(word)).map(|(_, after)| after);
    }
    rest.is_some()
}

/// By the classes of the causes; only those in `among`, unless it is empty.
fn by_class(facts: &Facts, among: &[&str]) -> Option<MediaErrorCode> {
    CLASSES
        .iter()
        .filter(|(class, _)| among.is_empty() || among.contains(class))
        .find(|(class, _)| facts.classes.iter().any(|seen| seen == class))
        .map(|(_, code)| *code)
}

fn more_exact(code: MediaErrorCode, said: &str) -> Option<&'static str> {
    match code {
        ForbiddenAddress => Some(NOT_WEB),
        LoginRequired if said.contains("payment") || said.contains("premium") => {
            Some("This video has to be paid for on the site.")
        }
        NetworkError if said.contains("http error 403") => {
            Some("The site's media servers refused to send the file.")
        }
        NetworkError if said.contains("sponsorblock") => Some("SponsorBlock did not answer."),
        NetworkError if said.contains("proxy") => Some("The proxy for media traffic failed."),
        NetworkError if said.contains("http error 5") => Some("The site's servers are failing."),
        VideoUnavailable if said.contains("terminated") => {
            Some("The account that this video belonged to has been closed.")
        }
        VideoUnavailable if said.contains("copyright") => {
            Some("This video is blocked on copyright grounds.")
        }
        VideoUnavailable if said.contains("removed by the uploader") => {
            Some("This video has been removed by its uploader.")
        }
        VideoUnavailable if said.contains("type is unviewable") => {
            Some("The site shows this kind of playlist to nobody but its owner.")
        }
        VideoUnavailable if said.contains("channel does not have a") => {
            Some("This channel has no videos.")
        }
        TimedOut => Some("The site stopped answering."),
        _ => None,
    }
}

/// Warnings about subtitles say nothing of the video.
fn warnings(facts: &Facts) -> String {
    let relevant = facts.warnings.iter().filter(|warning| !warning.starts_with("subtitle:"));
    relevant.map(String::as_str).collect::<Vec<_>>().join(" | ")
}

/// Lower case, and the typographer's apostrophe made plain: sites use both.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('\u{2019}', "'")
}

fn detail(facts: &Facts) -> String {
    let warnings = warnings(facts);
    let separator = if warnings.is_empty() { "" } else { "; warnings: " };
    let classes = facts.classes.join("/");
    let status = facts.status.map(|status| format!(" (status {status})")).unwrap_or_default();
    format!("{classes}{status}: {}{separator}{warnings}", facts.message)
}

#[cfg(test)]
mod tests;
