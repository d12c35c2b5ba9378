//! Cookies that are lent to one request.

use std::{fs, path::Path};

use common_types::{MediaErrorCode, media::Quality};
use media_engine::{Cookies, Target};
use standin::scenarios::{FRIENDS, FRIENDS_COOKIE, SLOW_PAGE};

use crate::site::{Site, descendants, mp4, wait_until};

fn friends() -> Cookies {
    let (name, value) = FRIENDS_COOKIE;
    Cookies::new(format!(
        "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\t{name}\t{value}\n"
    ))
}

fn as_friend(url: &str) -> Target {
    Target::from(url).with_cookies(Some(friends()))
}

/// The files below `place` that hold the cookie.
fn files_with_it(place: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    let found = entries.flat_map(|path| {
        // Not what is linked to: that is ffmpeg, and large.
        let holds = || !path.is_symlink() && fs::read(&path).is_ok_and(|c| holds_it(&c));
        if path.is_dir() { files_with_it(&path) } else { Vec::from_iter(holds().then_some(path)) }
    });
    found.collect()
}

fn holds_it(content: &[u8]) -> bool {
    let value = FRIENDS_COOKIE.1.as_bytes();
    content.windows(value.len()).any(|window| window == value)
}

#[tokio::test]
async fn what_one_is_shown_with_ones_cookies_is_kept_for_nobody() {
    let site = Site::start().await;
    let url = FRIENDS.url(1);
    let before = site.engine.info(&url).await.unwrap_err();
    assert_eq!(before.code(), MediaErrorCode::PrivateVideo);
    let info = site.engine.info(as_friend(&url)).await.unwrap();
    assert_eq!(info.title, FRIENDS.video(1).title());
    wait_until("its worker is gone", || files_with_it(&site.config.work_dir).is_empty()).await;
    // Neither a warm worker nor what was found helps the next one.
    let after = site.engine.info(&url).await.unwrap_err();
    assert_eq!(after.code(), MediaErrorCode::PrivateVideo);
    let fetched = site.fail(&url, mp4(Quality::P360)).await;
    assert_eq!(fetched, MediaErrorCode::PrivateVideo);
    site.stop().await;
}

#[tokio::test]
async fn lent_cookies_lie_in_one_private_file_and_on_no_command_line() {
    let site = Site::start().await;
    let (engine, url) = (site.engine.clone(), SLOW_PAGE.url(3));
    let asked = tokio::spawn(async move { engine.info(as_friend(&url)).await });
    wait_until("they are lent", || !files_with_it(&site.config.work_dir).is_empty()).await;
    for path in files_with_it(&site.config.work_dir) {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o7777, 0o600, "{}", path.display());
        assert!(path.ends_with("cookies.txt"), "{}", path.display());
    }
    for process in descendants() {
        for told in ["cmdline", "environ"] {
            let content = fs::read(format!("/proc/{}/{told}", process.pid)).unwrap_or_default();
            assert!(!holds_it(&content), "{told} of {process:?}");
        }
    }
    asked.await.unwrap().unwrap();
    wait_until("they are gone", || files_with_it(&site.config.work_dir).is_empty()).await;
    site.stop().await;
}
