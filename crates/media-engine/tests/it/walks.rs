//! Walks through whole lists: every entry once, and an end whenever it is wanted.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use common_types::MediaErrorCode;
use media_engine::{JobEnd, Outlook, PlaylistPage, PlaylistSummary};
use standin::scenarios::{self, playlist_of, playlist_url};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::site::{Site, descendants, kill_hard, private_kb, wait_until, zygote};

const AT_ONCE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// An enumeration under way, whose pages wait until they are taken.
struct Walking {
    pages: mpsc::Receiver<PlaylistPage>,
    cancel: CancellationToken,
    outcome: JoinHandle<Result<PlaylistSummary, JobEnd>>,
}

impl Walking {
    fn begin(site: &Site, url: &str, wanted: RangeInclusive<u32>) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let (engine, url, token) = (site.engine.clone(), url.to_owned(), cancel.clone());
        let outcome = tokio::spawn(async move {
            engine.enumerate(&url, *wanted.start(), *wanted.end(), sender, token).await
        });
        Self { pages, cancel, outcome }
    }

    async fn next(&mut self) -> Option<PlaylistPage> {
        tokio::time::timeout(PATIENCE, self.pages.recv()).await.expect("no page came")
    }

    async fn end(self) -> Result<PlaylistSummary, JobEnd> {
        drop(self.pages);
        tokio::time::timeout(PATIENCE, self.outcome).await.expect("it never ended").unwrap()
    }

    /// Takes all that comes: the indices, and how it ended.
    async fn finish(mut self) -> (Vec<u32>, Result<PlaylistSummary, JobEnd>) {
        let mut indices = Vec::new();
        while let Some(page) = self.next().await {
            assert!(page.entries.len() <= 100);
            indices.extend(page.entries.iter().map(|entry| entry.index));
        }
        (indices, self.end().await)
    }
}

#[tokio::test]
async fn every_entry_comes_once_and_every_page_is_asked_for_once() {
    let site = Site::start().await;
    let (indices, end) =
        Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=5000).finish().await;
    assert_eq!(indices, (1..=2000).collect::<Vec<_>>());
    assert_eq!(end, Ok(PlaylistSummary { entries: 2000, has_more: false }));
    let asked = site.standin.log().matching(|request| request.path.ends_with("/browse"));
    assert_eq!(asked.len(), 20, "19 continuations, and the list with its lost videos");
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}

#[tokio::test]
async fn only_what_is_wanted_is_handed_over() {
    let site = Site::start().await;
    let url = playlist_url(&playlist_of(2000));
    let (indices, end) = Walking::begin(&site, &url, 151..=370).finish().await;
    assert_eq!(indices, (151..=370).collect::<Vec<_>>());
    assert_eq!(end, Ok(PlaylistSummary { entries: 220, has_more: true }));
    let asked = site.standin.log().matching(|request| request.path.ends_with("/browse"));
    assert_eq!(asked.len(), 4, "{asked:?}");
    site.stop().await;
}

#[tokio::test]
async fn an_empty_list_is_still_told_of() {
    let site = Site::start().await;
    let url = playlist_url(scenarios::EMPTY_PLAYLIST);
    let mut walking = Walking::begin(&site, &url, 1..=100);
    let page = walking.next().await.unwrap();
    assert_eq!((page.title.as_deref(), page.entries.len()), (Some("Playlist of 0"), 0));
    assert_eq!(walking.next().await, None);
    assert_eq!(walking.end().await, Ok(PlaylistSummary { entries: 0, has_more: false }));
    site.stop().await;
}

#[tokio::test]
async fn a_mix_ends_where_the_walk_does() {
    let site = Site::start().await;
    let url = scenarios::mix_url(&scenarios::OKAY.video(3));
    let (indices, end) = Walking::begin(&site, &url, 1..=300).finish().await;
    assert_eq!(indices, (1..=300).collect::<Vec<_>>());
    assert_eq!(end, Ok(PlaylistSummary { entries: 300, has_more: true }));
    site.stop().await;
}

#[tokio::test]
async fn a_walk_is_cancelled_at_once_and_leaves_nothing() {
    let site = Site::start().await;
    let mut walking = Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=2000);
    walking.next().await.unwrap();
    let begun = Instant::now();
    walking.cancel.cancel();
    assert_eq!(walking.end().await, Err(JobEnd::Cancelled));
    wait_until("only the zygote is left", || descendants() == [zygote()]).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_walk_whose_pages_nobody_takes_ends() {
    let site = Site::start().await;
    let mut walking = Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=2000);
    walking.next().await.unwrap();
    // Ending drops the receiver first.
    assert_eq!(walking.end().await, Err(JobEnd::Cancelled));
    wait_until("only the zygote is left", || descendants() == [zygote()]).await;
    site.stop().await;
}

#[tokio::test]
async fn a_walk_that_nobody_waits_for_is_cancelled() {
    let site = Site::start().await;
    let mut walking = Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=2000);
    walking.next().await.unwrap();
    walking.outcome.abort();
    wait_until("only the zygote is left", || descendants() == [zygote()]).await;
    wait_until("its directory is gone", || site.probes_left() == 0).await;
    site.stop().await;
}

#[tokio::test]
async fn a_walk_is_cancelled_at_once_while_the_site_is_silent() {
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
    let site = Site::with(|config| config.proxy = Some(proxy)).await;
    let walking = Walking::begin(&site, &playlist_url(&playlist_of(5)), 1..=5);
    tokio::task::spawn_blocking(move || silent.accept()).await.unwrap().unwrap();
    let begun = Instant::now();
    walking.cancel.cancel();
    assert_eq!(walking.end().await, Err(JobEnd::Cancelled));
    wait_until("only the zygote is left", || descendants() == [zygote()]).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}

#[tokio::test]
async fn what_came_before_a_failure_stands() {
    let site = Site::start().await;
    for (list, cause) in [
        (scenarios::FAILING_PLAYLIST, "The site's servers are failing."),
        (scenarios::DRYING_PLAYLIST, "The site sent only a part of this list."),
    ] {
        let (indices, end) = Walking::begin(&site, &playlist_url(list), 1..=250).finish().await;
        assert_eq!(indices, (1..=200).collect::<Vec<_>>());
        let Err(JobEnd::Failed(failure)) = end else { panic!("{list}: {end:?}") };
        assert_eq!(failure.code(), MediaErrorCode::NetworkError);
        assert_eq!((failure.outlook, failure.problem.error.as_str()), (Outlook::Transient, cause));
        // Nothing of what is wanted is missing here.
        let wanted = Walking::begin(&site, &playlist_url(list), 101..=200).finish().await;
        assert_eq!(wanted.1, Ok(PlaylistSummary { entries: 100, has_more: true }), "{list}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_walk_survives_its_worker_without_gap_or_repetition() {
    let site = Site::start().await;
    let mut walking = Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=2000);
    let first = walking.next().await.unwrap();
    let worker = descendants().into_iter().find(|process| process.parent == zygote().pid).unwrap();
    kill_hard(worker.pid);
    let mut indices: Vec<u32> = first.entries.iter().map(|entry| entry.index).collect();
    let (rest, end) = walking.finish().await;
    indices.extend(rest);
    assert_eq!(indices, (1..=2000).collect::<Vec<_>>());
    assert_eq!(end, Ok(PlaylistSummary { entries: 2000, has_more: false }));
    assert!(!descendants().contains(&worker));
    let asked = site.standin.log().matching(|request| request.path.ends_with("/browse"));
    assert!(asked.len() > 20, "another one had to begin anew: {}", asked.len());
    assert_eq!(site.probes_left(), 0);
    site.stop().await;
}

#[tokio::test]
async fn an_engine_that_stops_interrupts_a_walk() {
    let site = Site::start().await;
    let mut walking = Walking::begin(&site, &playlist_url(&playlist_of(2000)), 1..=2000);
    walking.next().await.unwrap();
    site.engine.stop().await;
    assert_eq!(walking.end().await, Err(JobEnd::Interrupted));
    site.stop().await;
}

#[tokio::test]
async fn a_probe_never_waits_behind_walks() {
    let site = Site::with(|config| (config.max_walks, config.max_probes) = (1, 1)).await;
    let url = playlist_url(&playlist_of(2000));
    let mut walking = Walking::begin(&site, &url, 1..=2000);
    walking.next().await.unwrap();
    site.engine.info(&scenarios::OKAY.url(1)).await.unwrap();
    let waiting = Walking::begin(&site, &url, 1..=5);
    waiting.cancel.cancel();
    assert_eq!(waiting.end().await, Err(JobEnd::Cancelled));
    walking.cancel.cancel();
    assert_eq!(walking.end().await, Err(JobEnd::Cancelled));
    site.stop().await;
}

#[tokio::test]
async fn a_long_list_takes_no_more_memory_than_a_short_one() {
    let site = Site::start().await;
    let mut memory = Vec::new();
    for entries in [100, 2000, 6000] {
        let url = playlist_url(&playlist_of(entries));
        let (indices, _) = Walking::begin(&site, &url, 1..=entries).finish().await;
        assert_eq!(indices.len(), usize::try_from(entries).unwrap());
        let worker = descendants().into_iter().find(|process| process.parent == zygote().pid);
        memory.push(private_kb(worker.unwrap().pid));
    }
    println!("private memory of the worker, kB: {memory:?}");
    assert!(memory[2] < memory[0] + 8 * 1024, "memory grows: {memory:?}");
    site.stop().await;
}
