//! What does not fit is not begun, and what fills the disk is ended.

use std::{
    fs,
    path::{Path, PathBuf},
};

use common_types::{MediaErrorCode, media::Quality};
use media_engine::{JobEnd, MediaFailure, Outlook};
use standin::{RecordedRequest, scenarios};
use temp_disk::{TempDisk, TempDiskError};
use tempfile::TempDir;

use crate::site::{Running, Site, mp4};

const MIB: u64 = 1024 * 1024;

/// A small disk to work on, in a place that outlives it.
struct SmallDisk {
    disk: TempDisk,
    _place: TempDir,
}

impl SmallDisk {
    /// None where this user may not mount one.
    fn mount(size_bytes: u64) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        match TempDisk::mount(place.path(), size_bytes) {
            Ok(disk) => Some(Self { disk, _place: place }),
            Err(TempDiskError::NotAllowed) => {
                say_that_it_is_skipped();
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn path(&self) -> &Path {
        self.disk.path()
    }

    fn work_dir(&self) -> PathBuf {
        self.path().join("work")
    }

    fn leave_free(&self, free_bytes: u64) {
        self.disk.leave_free(free_bytes).unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "a test that did not run must be seen not to have")]
fn say_that_it_is_skipped() {
    println!("skipped: mounting a small disk is not allowed here");
}

/// The failure of a job that is told apart by its cause; its directory is gone.
async fn disk_full(site: &Site, running: Running) -> MediaFailure {
    let directory = site.engine.job_dir(running.id);
    let Err(JobEnd::Failed(failure)) = running.end().await else { panic!("it did not fail") };
    assert_eq!(failure.code(), MediaErrorCode::DiskFull, "{failure:?}");
    assert_eq!(failure.outlook, Outlook::Transient);
    assert!(!directory.exists(), "what is left keeps the disk full");
    failure
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_a_byte_is_fetched() {
    let site = Site::with(|config| config.min_free_bytes = u64::MAX / 2).await;
    for (url, cause) in [
        (scenarios::OKAY.url(1), "for a file of this size."),
        (scenarios::NO_LENGTH.url(1), "for a file of unknown size."),
    ] {
        let failure = disk_full(&site, site.begin(&url, mp4(Quality::P720))).await;
        assert!(failure.problem.error.ends_with(cause), "{failure:?}");
    }
    assert!(site.standin.log().matching(RecordedRequest::is_media).is_empty());
    assert!(site.engine.info(&scenarios::OKAY.url(1)).await.is_ok(), "a probe needs no room");
    site.stop().await;
}

#[tokio::test]
async fn a_merge_needs_room_for_the_streams_and_the_file() {
    let Some(disk) = SmallDisk::mount(48 * MIB) else { return };
    let site = Site::with(|config| {
        config.work_dir = disk.work_dir();
        config.min_free_bytes = 4 * MIB;
    })
    .await;
    site.fetch(&scenarios::LARGE.url(15), mp4(Quality::P720)).await;
    // 25 MB would fit, but not twice.
    disk_full(&site, site.begin(&scenarios::LARGE.url(25), mp4(Quality::P720))).await;
    assert!(site.standin.log().media_requests(&scenarios::LARGE.id(25)).is_empty());
    site.stop().await;
}

#[tokio::test]
async fn room_that_is_promised_to_one_job_is_not_given_to_another() {
    let Some(disk) = SmallDisk::mount(64 * MIB) else { return };
    let site = Site::with(|config| {
        config.work_dir = disk.work_dir();
        config.min_free_bytes = 4 * MIB;
    })
    .await;
    disk.leave_free(9 * MIB);
    // Each takes some 4 MB at its fullest: alone it fits, beside another one it does not.
    let mut first = site.begin(&scenarios::SLOW.url(30), mp4(Quality::P720));
    first.reach(|state| state.downloaded_bytes > 0).await;
    let announced = first.state.borrow().total_bytes.unwrap();
    assert!((1_300_000..2_600_000).contains(&announced), "{announced}");
    disk_full(&site, site.begin(&scenarios::SLOW.url(31), mp4(Quality::P720))).await;
    first.cancel.cancel();
    assert_eq!(first.end().await, Err(JobEnd::Cancelled));
    let mut second = site.begin(&scenarios::SLOW.url(31), mp4(Quality::P720));
    second.reach(|state| state.downloaded_bytes > 0).await;
    second.cancel.cancel();
    assert_eq!(second.end().await, Err(JobEnd::Cancelled));
    site.stop().await;
}

#[tokio::test]
async fn a_disk_that_fills_up_ends_a_download_before_it_is_full() {
    let Some(disk) = SmallDisk::mount(64 * MIB) else { return };
    let site = Site::with(|config| {
        config.work_dir = disk.work_dir();
        config.min_free_bytes = 16 * MIB;
    })
    .await;
    let mut running = site.begin(&scenarios::SLOW.url(30), mp4(Quality::P720));
    running.reach(|state| state.downloaded_bytes > 0).await;
    assert!(site.engine.has_room().await);
    disk.leave_free(3 * MIB);
    assert!(!site.engine.has_room().await);
    let failure = disk_full(&site, running).await;
    assert!(failure.detail.contains("bytes are free"), "{failure:?}");
    site.stop().await;
}

#[tokio::test]
async fn a_disk_that_is_full_all_the_same_is_told_as_such() {
    let Some(disk) = SmallDisk::mount(24 * MIB) else { return };
    let site = Site::with(|config| {
        config.work_dir = disk.work_dir();
        config.min_free_bytes = 0;
    })
    .await;
    disk_full(&site, site.begin(&scenarios::NO_LENGTH.url(1), mp4(Quality::P720))).await;
    disk.leave_free(0);
    drop(fs::write(disk.path().join("last"), "x"));
    let running = site.begin(&scenarios::OKAY.url(1), mp4(Quality::P720));
    disk_full(&site, running).await;
    site.stop().await;
}
