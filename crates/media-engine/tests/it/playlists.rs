//! Lists of videos: what a page tells, and that no more is asked for than it needs.

use std::time::{Duration, Instant};

use common_types::{MediaErrorCode, media::Quality};
use media_engine::{JobEnd, PlaylistPage};
use standin::scenarios::{self, playlist_of, playlist_url};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::site::{Site, descendants, mp4, wait_until};

const CHANNEL_PAGE: u64 = 30;

fn indices(page: &PlaylistPage) -> Vec<u32> {
    page.entries.iter().map(|entry| entry.index).collect()
}

/// How many continuations the site was asked for.
fn continuations(site: &Site) -> usize {
    let asked = site.standin.log().matching(|request| request.path == "/youtubei/v1/browse");
    // The first is the list itself once more, with its lost videos.
    asked.len().saturating_sub(1)
}

#[tokio::test]
async fn a_page_tells_of_the_list_and_its_entries() {
    let site = Site::start().await;
    let page = site.engine.playlist(&playlist_url(&playlist_of(5)), 0, 50).await.unwrap();
    assert_eq!(page.id, playlist_of(5));
    assert_eq!(page.title.as_deref(), Some("Playlist of 5"));
    assert_eq!(page.uploader.as_deref(), Some("Stand-in Channel"));
    assert_eq!((page.total, page.is_endless, page.has_more), (Some(5), false, false));
    assert_eq!(indices(&page), [1, 2, 3, 4, 5]);
    for (entry, number) in page.entries.iter().zip(1..) {
        let video = scenarios::OKAY.video(number);
        assert_eq!((&entry.id, entry.title.as_ref()), (&video.id, Some(&video.title())));
        assert_eq!(entry.duration, Some(f64::from(video.duration_seconds())));
        assert_eq!(entry.problem, None);
    }
    site.stop().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let site = Site::start().await;
    let url = playlist_url(&playlist_of(250));
    let mut seen = Vec::new();
    let mut has_more = true;
    while has_more {
        let offset = u32::try_from(seen.len()).unwrap();
        let page = site.engine.playlist(&url, offset, 120).await.unwrap();
        assert_eq!(page.total, Some(250));
        seen.extend(indices(&page));
        has_more = page.has_more;
    }
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
    let behind = site.engine.playlist(&url, 250, 50).await.unwrap();
    assert_eq!((behind.entries.len(), behind.has_more, behind.total), (0, false, Some(250)));
    let none = site.engine.playlist(&url, 10, 0).await.unwrap();
    assert_eq!((none.entries.len(), none.has_more), (0, true));
    site.stop().await;
}

#[tokio::test]
async fn the_first_page_of_a_long_list_asks_for_no_other() {
    let site = Site::start().await;
    let url = playlist_url(&playlist_of(2000));
    let page = site.engine.playlist(&url, 0, 50).await.unwrap();
    assert_eq!((page.entries.len(), page.total, page.has_more), (50, Some(2000), true));
    assert_eq!(continuations(&site), 0);
    site.standin.log().clear();
    let page = site.engine.playlist(&url, 50, 100).await.unwrap();
    assert_eq!((page.entries.first().unwrap().index, page.entries.len()), (51, 100));
    assert_eq!(continuations(&site), 1);
    assert!(site.standin.log().matching(|request| request.path.contains("player")).is_empty());
    site.stop().await;
}

#[tokio::test]
async fn lost_videos_keep_their_place_and_have_their_code() {
    let site = Site::start().await;
    let url = playlist_url(scenarios::MIXED_PLAYLIST);
    let page = site.engine.playlist(&url, 0, 50).await.unwrap();
    assert_eq!(indices(&page), (1..=10).collect::<Vec<_>>());
    let problems: Vec<_> =
        page.entries.iter().filter_map(|entry| Some((entry.index, entry.problem?))).collect();
    let (private, deleted) = (MediaErrorCode::PrivateVideo, MediaErrorCode::VideoUnavailable);
    assert_eq!(problems, [(3, private), (6, deleted)]);
    site.stop().await;
}

#[tokio::test]
async fn an_empty_list_is_no_failure() {
    let site = Site::start().await;
    let url = playlist_url(scenarios::EMPTY_PLAYLIST);
    let page = site.engine.playlist(&url, 0, 50).await.unwrap();
    assert_eq!((page.entries.len(), page.has_more), (0, false));
    assert_eq!((page.title.as_deref(), page.total), (Some("Playlist of 0"), Some(0)));
    site.stop().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_had_says_why_in_words_of_its_own() {
    let site = Site::start().await;
    let gone = "This playlist or channel has been removed or does not exist.";
    let cases = [
        (
            playlist_url(scenarios::PRIVATE_PLAYLIST),
            MediaErrorCode::PrivateVideo,
            "This playlist is private.",
        ),
        (playlist_url(scenarios::UNKNOWN_PLAYLIST), MediaErrorCode::VideoUnavailable, gone),
        (
            "https://www.youtube.com/@nobody/videos".to_owned(),
            MediaErrorCode::VideoUnavailable,
            gone,
        ),
        (
            format!("https://www.youtube.com/{}/podcasts", scenarios::CHANNEL_HANDLE),
            MediaErrorCode::VideoUnavailable,
            "This channel has no videos.",
        ),
        (
            scenarios::OKAY.url(1),
            MediaErrorCode::VideoUnavailable,
            "This link leads to no playlist or channel.",
        ),
        (
            "file:///etc/passwd".to_owned(),
            MediaErrorCode::VideoUnavailable,
            "This is not a web address that can be fetched.",
        ),
    ];
    for (url, code, cause) in cases {
        let failure = site.engine.playlist(&url, 0, 50).await.unwrap_err();
        assert_eq!((failure.code(), failure.problem.error.as_str()), (code, cause), "{failure:?}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_repeated_and_an_untitled_video_are_entries_like_others() {
    let site = Site::start().await;
    let url = playlist_url(scenarios::ODD_PLAYLIST);
    let page = site.engine.playlist(&url, 0, 50).await.unwrap();
    assert_eq!(indices(&page), [1, 2, 3, 4, 5]);
    let [first, second, .., untitled, _] = page.entries.as_slice() else { panic!("{page:?}") };
    assert_eq!((&first.id, &first.title), (&second.id, &second.title));
    assert_eq!((untitled.title.as_deref(), untitled.problem), (None, None));
    site.stop().await;
}

#[tokio::test]
async fn a_page_whose_successor_does_not_come_is_a_page() {
    let site = Site::start().await;
    let url = playlist_url(scenarios::FAILING_PLAYLIST);
    let page = site.engine.playlist(&url, 150, 50).await.unwrap();
    assert_eq!((page.entries.len(), page.has_more), (50, true));
    let failure = site.engine.playlist(&url, 150, 51).await.unwrap_err();
    assert_eq!(failure.code(), MediaErrorCode::NetworkError);
    site.stop().await;
}

#[tokio::test]
async fn a_channel_is_a_list_of_its_videos() {
    let site = Site::start().await;
    for name in [scenarios::CHANNEL_HANDLE.to_owned(), format!("channel/{}", scenarios::CHANNEL_ID)]
    {
        site.standin.log().clear();
        let url = format!("https://www.youtube.com/{name}/videos");
        let page = site.engine.playlist(&url, 0, 20).await.unwrap();
        assert_eq!((page.id.as_str(), page.total), (scenarios::CHANNEL_ID, None));
        assert_eq!(page.uploader.as_deref(), Some("Stand-in Channel"));
        assert_eq!((page.entries.len(), page.has_more, page.is_endless), (20, true, false));
        let all = site.engine.playlist(&url, 0, 100).await.unwrap();
        assert_eq!(all.entries.len(), usize::try_from(scenarios::CHANNEL_VIDEOS).unwrap());
        assert!(!all.has_more);
        let pages = u64::from(scenarios::CHANNEL_VIDEOS).div_ceil(CHANNEL_PAGE);
        let asked = site.standin.log().matching(|request| request.path.ends_with("/browse"));
        assert_eq!(u64::try_from(asked.len()).unwrap(), pages - 1, "{asked:?}");
    }
    site.stop().await;
}

#[tokio::test]
async fn lists_in_a_list_are_never_opened() {
    let site = Site::start().await;
    let url = format!("https://www.youtube.com/{}", scenarios::CHANNEL_HANDLE);
    let failure = site.engine.playlist(&url, 0, 50).await.unwrap_err();
    assert_eq!(failure.code(), MediaErrorCode::VideoUnavailable);
    assert_eq!(
        failure.problem.error, "This link leads to several playlists instead of to one.",
        "{failure:?}"
    );
    site.stop().await;
}

#[tokio::test]
async fn a_mix_has_no_end_and_is_cut_where_asked() {
    let site = Site::start().await;
    let seed = scenarios::OKAY.video(3);
    let page = site.engine.playlist(&scenarios::mix_url(&seed), 0, 60).await.unwrap();
    assert!(page.is_endless && page.has_more);
    assert_eq!((page.entries.len(), page.total), (60, None));
    assert_eq!(page.entries.first().unwrap().id, seed.id);
    let asked = site.standin.log().matching(|request| request.path == "/youtubei/v1/next");
    assert!(asked.len() <= 3, "{asked:?}");
    site.stop().await;
}

#[tokio::test]
async fn a_page_never_waits_behind_downloads() {
    let site = Site::with(|config| config.max_jobs = 1).await;
    let running = site.begin(&scenarios::SLOW.url(100), mp4(Quality::P720));
    wait_until("it runs", || site.engine.busy() == 1).await;
    let begun = Instant::now();
    site.engine.playlist(&playlist_url(&playlist_of(5)), 0, 50).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    running.cancel.cancel();
    drop(running.end().await);
    site.stop().await;
}

#[tokio::test]
async fn a_list_that_does_not_come_ends_with_its_process() {
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
    let site = Site::with(|config| {
        config.proxy = Some(proxy);
        config.probe_timeout = Duration::from_secs(2);
    })
    .await;
    let url = playlist_url(&playlist_of(5));
    let failure = site.engine.playlist(&url, 0, 50).await.unwrap_err();
    assert_eq!(failure.code(), MediaErrorCode::TimedOut);
    let (pages, _taken) = mpsc::channel(1);
    let end = site.engine.enumerate(&url, 1, 5, pages, CancellationToken::new()).await;
    assert!(matches!(end, Err(JobEnd::Failed(f)) if f.code() == MediaErrorCode::TimedOut));
    wait_until("its worker is gone", || descendants().len() == 1).await;
    site.stop().await;
}

#[tokio::test]
async fn a_listing_leaves_no_directory() {
    let site = Site::start().await;
    site.engine.playlist(&playlist_url(&playlist_of(5)), 0, 50).await.unwrap();
    let unknown = playlist_url(scenarios::UNKNOWN_PLAYLIST);
    site.engine.playlist(&unknown, 0, 50).await.unwrap_err();
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}
