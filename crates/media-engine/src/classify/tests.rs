use super::*;
use crate::Outlook::{Permanent, SitePause, Transient};

fn facts(message: &str) -> Facts {
    Facts {
        message: message.to_owned(),
        classes: vec!["DownloadError".to_owned()],
        ..Facts::default()
    }
}

fn code_of(message: &str) -> MediaErrorCode {
    classify(&facts(message)).code()
}

#[test]
fn the_sites_words_have_their_codes() {
    let said = [
        ("Private video. Sign in if you've been granted access to this video", PrivateVideo),
        ("This video has been removed by the uploader", VideoUnavailable),
        ("the YouTube account associated with this video has been terminated", VideoUnavailable),
        (
            "Video unavailable. This video is no longer available on copyright grounds",
            VideoUnavailable,
        ),
        ("The uploader has not made this video available in your country", GeoRestricted),
        (
            "Sign in to confirm your age. This video may be inappropriate for some users",
            AgeRestricted,
        ),
        ("Sign in to confirm you\u{2019}re not a bot. Use --cookies", BotCheck),
        ("The page needs to be reloaded. captcha challenge", BotCheck),
        ("All player responses are invalid. Your IP is likely being blocked", BotCheck),
        ("Join this channel to get access to members-only content", MembersOnly),
        ("This video requires payment to watch", LoginRequired),
        ("Sign in to watch this video", LoginRequired),
        ("Premieres in 3 hours", PremiereNotStarted),
        ("This live event will begin in 2 days.", PremiereNotStarted),
        ("This live stream recording is not available.", LiveNotSupported),
        ("This video is DRM protected", DrmProtected),
        (
            "The current session has been rate-limited by YouTube for up to an hour",
            PlatformRateLimited,
        ),
        ("Requested format is not available. Use --list-formats", NoSuchFormat),
        ("No video formats found!", NoSuchFormat),
        ("Unsupported URL: https://example.org/", VideoUnavailable),
        ("unable to download video data: HTTP Error 403: Forbidden", NetworkError),
        ("unable to download video data: The read operation timed out", TimedOut),
        ("12 bytes read, 30 more expected. Giving up after 5 retries", NetworkError),
        ("Unable to download webpage: HTTP Error 503: Service Unavailable", NetworkError),
        ("('Unable to connect to proxy', OSError('Tunnel connection failed: 502'))", NetworkError),
        ("unable to write data: [Errno 28] No space left on device", DiskFull),
        ("unable to write data: [Errno 27] File too large", FileTooLarge),
        ("list index out of range", EngineError),
    ];
    for (message, code) in said {
        assert_eq!(code_of(message), code, "{message}");
    }
}

#[test]
fn a_rate_limit_that_only_warnings_tell_of_is_found() {
    let mut facts = facts("Failed to extract any player response");
    facts.warnings =
        vec!["Unable to download webpage: HTTP Error 429: Too Many Requests".to_owned()];
    assert_eq!(classify(&facts).code(), PlatformRateLimited);
}

#[test]
fn a_rationed_subtitle_is_no_rate_limit() {
    let mut facts = facts("Failed to extract any player response");
    facts.warnings = vec!["subtitle: HTTP Error 429: Too Many Requests".to_owned()];
    assert_eq!(classify(&facts).code(), EngineError);
}

#[test]
fn what_the_network_does_may_pass_and_a_sites_refusal_of_us_asks_for_a_pause() {
    let said = [
        ("unable to download video data: HTTP Error 500: Internal Server Error", Transient),
        ("unable to download video data: HTTP Error 503: Service Unavailable", Transient),
        ("Unable to download API page: HTTP Error 502: Bad Gateway", Transient),
        (
            "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            Transient,
        ),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed'))", Transient),
        ("unable to download video data: The read operation timed out", Transient),
        ("unable to write data: [Errno 28] No space left on device", Transient),
        ("unable to download video data: HTTP Error 429: Too Many Requests", SitePause),
        ("Sign in to confirm you're not a bot", SitePause),
        ("Premieres in 3 hours", Permanent),
        ("This live event will begin in 2 days.", Permanent),
        ("Private video", Permanent),
    ];
    for (message, outlook) in said {
        assert_eq!(classify(&facts(message)).outlook, outlook, "{message}");
    }
    let mut unresolved = facts("[Errno -3] Temporary failure in name resolution");
    unresolved.classes.push("TransportError".to_owned());
    unresolved.errno = Some(-3);
    assert_eq!(classify(&unresolved).outlook, Transient);
}

#[test]
fn the_number_of_a_system_error_says_more_than_any_words() {
    for (errno, code) in [(28, DiskFull), (122, DiskFull), (27, FileTooLarge)] {
        let mut facts = facts("unable to write data");
        facts.errno = Some(errno);
        assert_eq!(classify(&facts).code(), code);
        assert!(!may_be_stale(&facts) || code != DiskFull);
    }
}

#[test]
fn the_egress_guards_refusal_is_told_from_other_403s() {
    let marked = format!("Tunnel connection failed: 403 {FORBIDDEN_ADDRESS_MARKER}");
    assert_eq!(code_of(&marked), ForbiddenAddress);
    assert_eq!(code_of("Tunnel connection failed: 403 Forbidden"), NetworkError);
}

#[test]
fn what_is_no_web_address_is_a_forbidden_one_for_good() {
    let mut refused = facts("a stream has no http(s) address");
    refused.reason = Some("not_web".to_owned());
    for facts in [
        refused,
        facts("Unable to handle request: Unsupported url scheme: \"tcp\" (requests, urllib)"),
        facts("file:// URLs are disabled by default | Unsupported url scheme: \"file\""),
        facts("No connection adapters were found for 'ftp://127.0.0.1/inside'"),
    ] {
        let failure = classify(&facts);
        assert_eq!((failure.code(), failure.outlook), (ForbiddenAddress, Permanent));
        assert!(failure.problem.error.contains("web address"), "{failure:?}");
    }
    assert_eq!(code_of("Unsupported URL: https://e/"), VideoUnavailable);
}

#[test]
fn our_own_reasons_come_before_any_words() {
    let mut facts = facts("Private video");
    facts.reason = Some("too_large".to_owned());
    assert_eq!(classify(&facts).code(), FileTooLarge);
}

#[test]
fn a_merge_that_fails_on_a_full_disk_is_the_disks_doing() {
    let mut facts = facts("Postprocessing: Conversion failed!");
    assert_eq!(classify(&facts).code(), EngineError);
    facts.free_bytes = Some(4096);
    assert_eq!(classify(&facts).code(), DiskFull);
}

#[test]
fn of_a_list_the_causes_speak_of_the_list() {
    let said = [
        ("This playlist is private.", PrivateVideo, "This playlist is private."),
        (
            "The playlist does not exist.",
            VideoUnavailable,
            "This playlist or channel has been removed or does not exist.",
        ),
        (
            "This playlist type is unviewable.",
            VideoUnavailable,
            "The site shows this kind of playlist to nobody but its owner.",
        ),
        (
            "This channel does not have a videos tab",
            VideoUnavailable,
            "This channel has no videos.",
        ),
        (
            "Unable to download API page: HTTP Error 403: Forbidden",
            NetworkError,
            "The site refused to show this playlist.",
        ),
    ];
    for (message, code, cause) in said {
        let failure = classify_list(&facts(message));
        assert_eq!((failure.code(), failure.problem.error.as_str()), (code, cause));
    }
    let bot = classify_list(&facts("Sign in to confirm you're not a bot"));
    assert_eq!(bot.problem.error, BotCheck.cause());
}

#[test]
fn only_a_refused_media_address_wants_a_fresh_one() {
    assert!(wants_fresh_addresses(&facts(
        "unable to download video data: HTTP Error 403: Forbidden"
    )));
    assert!(!wants_fresh_addresses(&facts(
        "Unable to download webpage: HTTP Error 403: Forbidden"
    )));
}

#[test]
fn what_a_user_reads_holds_nothing_of_the_raw_message() {
    let failure = classify(&facts("unable to open /srv/secret/x: https://cdn.example/?sig=1"));
    assert!(!failure.problem.error.contains("secret") && !failure.problem.remedy.contains("sig"));
    assert!(failure.detail.contains("secret"));
}
