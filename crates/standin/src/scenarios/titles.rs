//! Titles, uploaders and descriptions, the hostile ones included.

use super::{Video, Wording};

/// What `HOSTILE_001`, `HOSTILE_002` … are called.
const HOSTILE_TITLES: [&str; 18] = [
    "../../../etc/passwd",
    "..\\..\\Windows\\System32\\drivers",
    "/absolute/path",
    "control\u{0001}\u{0007}\u{001b}[31m\u{007f}characters\tand\r\nlines",
    "right \u{202e}4pm.exe\u{202c} to left \u{200b}\u{2066}",
    "emoji 🦜🏴‍☠️👩‍👩‍👧‍👦 and combining e\u{0301}\u{0327}",
    "你好世界 日本語のタイトル 한국어",
    "quotes \"double\" 'single' `back`\n\"; filename=\"evil.exe",
    "CON",
    "aux.mp4",
    "...leading and trailing dots...",
    "-rf --exec whoami",
    "<script>alert('title')</script><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "%(id)s %2e%2e%2f %s%n $(reboot) `reboot` ; reboot | reboot & reboot",
    "a:b*c?d\"e<f>g|h\\i/j",
    "   ",
    "~user/.ssh/authorized_keys\u{0000}.mp4",
];
/// One more hostile number: a title too long for a file name.
const LONG_TITLE_WORD: &str = "Überlänge ";
const LONG_TITLE_WORDS: usize = 40;

pub(super) fn title(video: &Video) -> String {
    match video.scenario.wording {
        Wording::Plain(title) => format!("{title} {}", video.number),
        Wording::Chapters => format!("A video with chapters {}", video.number),
        Wording::Hostile => hostile_title(video.number),
    }
}

pub(super) fn uploader(video: &Video) -> String {
    match video.scenario.wording {
        Wording::Hostile => "../<b>Evil\u{202e}\"uploader</b>\r\nSet-Cookie: a=b".to_owned(),
        _ => "Stand-in Channel".to_owned(),
    }
}

pub(super) fn description(video: &Video) -> String {
    match video.scenario.wording {
        Wording::Plain(_) => format!("{}.\n\nMade by the stand-in.", video.scenario.about),
        Wording::Chapters => "0:00 Beginning\n0:03 Middle\n0:06 End\n".to_owned(),
        Wording::Hostile => {
            let attack = "<script>alert('description')</script>\u{0000}\u{202e}\"';--\n";
            attack.repeat(100)
        }
    }
}

fn hostile_title(number: u32) -> String {
    let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    HOSTILE_TITLES
        .get(index)
        .map_or_else(|| LONG_TITLE_WORD.repeat(LONG_TITLE_WORDS), |title| (*title).to_owned())
}
