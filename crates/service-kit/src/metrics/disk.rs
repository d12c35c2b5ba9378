//! Room on the disks that a service writes to.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::gauge_value;

const FREE: &str = "disk_free_bytes";
const SIZE: &str = "disk_size_bytes";
const EVERY: Duration = Duration::from_secs(15);

/// A directory, and what it is for: a value of the label `directory`.
#[derive(Debug, Clone)]
pub struct Watched {
    pub purpose: &'static str,
    pub path: PathBuf,
}

/// Measures the file systems of these directories now and then, until `stop`.
pub async fn watch(directories: Vec<Watched>, stop: CancellationToken) {
    metrics::describe_gauge!(FREE, "What may still be written to the file system of a directory.");
    metrics::describe_gauge!(SIZE, "The size of the file system of a directory.");
    loop {
        let looked_at = directories.clone();
        // A remote file system may keep whoever asks waiting.
        let measured = tokio::task::spawn_blocking(move || measure(&looked_at)).await;
        if measured.is_err() {
            log::error!("measuring the disks failed");
        }
        if tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok() {
            return;
        }
    }
}

fn measure(directories: &[Watched]) {
    for Watched { purpose, path } in directories {
        // One that is not there yet has no room to speak of.
        let Some((free, size)) = room(path) else { continue };
        metrics::gauge!(FREE, "directory" => *purpose).set(gauge_value(free));
        metrics::gauge!(SIZE, "directory" => *purpose).set(gauge_value(size));
    }
}

/// What is free on the file system of a directory, and its size, in bytes.
pub fn room(path: &Path) -> Option<(u64, u64)> {
    let told = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Some((bytes(told.f_bavail), bytes(told.f_blocks)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room_and_what_is_no_directory_none() {
        let here = tempfile::tempdir().unwrap();
        let (free, size) = room(here.path()).unwrap();
        assert!(0 < free && free <= size);
        assert!(room(Path::new("/nonexistent")).is_none());
    }
}
