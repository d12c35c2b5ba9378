//! What does not fit is not begun, and what fills the disk is ended.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use common_types::{MediaErrorCode, media::Quality};
use media_engine::{JobEnd, MediaFailure, Outlook};
use standin::{RecordedRequest, scenarios};
use tempfile::TempDir;

use crate::site::{Running, Site, mp4};

const MIB: u64 = 1024 * 1024;

/// A file system of a known size, unmounted with this value.
struct SmallDisk {
    place: TempDir,
}

impl SmallDisk {
    /// None where this user may not mount one.
    fn mount(size_bytes: u64) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let options = format!("size={size_bytes}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(place.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { place });
        }
        say_that_it_is_skipped();
        None
    }

    fn path(&self) -> &Path {
        self.place.path()
    }

    fn work_dir(&self) -> PathBuf {
        self.path().join("work")
    }

    /// Leaves so many bytes free.
    fn fill_up_to(&self, free_bytes: u64) {
        let told = rustix::fs::statvfs(self.path()).unwrap();
        let surplus = (told.f_bavail * told.f_frsize).checked_sub(free_bytes).unwrap();
        let ballast = File::create(self.path().join("ballast")).unwrap();
        rustix::fs::fallocate(ballast, rustix::fs::FallocateFlags::empty(), 0, surplus).unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "a test that did not run must be seen not to have")]
fn say_that_it_is_skipped() {
    println!("skipped: mounting a small disk is not allowed here");
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.path()).status());
    }
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
    disk.fill_up_to(9 * MIB);
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
    disk.fill_up_to(3 * MIB);
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
    disk.fill_up_to(0);
    drop(fs::write(disk.path().join("last"), "x"));
    let running = site.begin(&scenarios::OKAY.url(1), mp4(Quality::P720));
    disk_full(&site, running).await;
    site.stop().await;
}
