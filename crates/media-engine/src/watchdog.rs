//! Sees that a download lives, and does not outgrow its directory.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use common_types::MediaErrorCode;

use crate::{EngineConfig, MediaFailure, job_dir, room};

/// Merging holds the streams and the file made of them, each as large as a file may be.
const LARGEST_FILES: u64 = 2;
const SMALL_FILES_BYTES: u64 = 64 * 1024 * 1024;

/// How full things are.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    /// Bytes in the job's directory.
    size: u64,
    /// Bytes that are free beside it, where that is known.
    free: Option<u64>,
}

/// Watches one attempt; to be asked about once a second.
#[derive(Debug)]
pub(crate) struct Watchdog {
    directory: PathBuf,
    limit_bytes: u64,
    floor_bytes: u64,
    stall_timeout: Duration,
    last_sign: Instant,
    last_bytes: u64,
    last_size: u64,
}

impl Watchdog {
    pub(crate) fn new(directory: &Path, config: &EngineConfig, floor_bytes: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            limit_bytes: config
                .max_file_bytes
                .saturating_mul(LARGEST_FILES)
                .saturating_add(SMALL_FILES_BYTES),
            floor_bytes,
            stall_timeout: config.stall_timeout,
            last_sign: Instant::now(),
            last_bytes: 0,
            last_size: 0,
        }
    }

    /// Something went on.
    pub(crate) fn sign(&mut self) {
        self.last_sign = Instant::now();
    }

    /// So many bytes have come; only more of them are a sign of life.
    pub(crate) fn bytes(&mut self, done: u64) {
        if done != self.last_bytes {
            self.last_bytes = done;
            self.sign();
        }
    }

    /// Bytes in the directory when it was last looked at.
    pub(crate) fn size(&self) -> u64 {
        self.last_size
    }

    /// Looks at the directory.
    ///
    /// # Errors
    /// When it has grown too large, the disk is all but full, or nothing has happened for too long.
    pub(crate) async fn look(&mut self) -> Result<(), MediaFailure> {
        let directory = self.directory.clone();
        let measure = move || Measure {
            size: job_dir::size_bytes(&directory),
            free: room::free_bytes(&directory).ok(),
        };
        let unchanged = Measure { size: self.last_size, free: None };
        self.judge(tokio::task::spawn_blocking(measure).await.unwrap_or(unchanged))
    }

    fn judge(&mut self, Measure { size, free }: Measure) -> Result<(), MediaFailure> {
        // ffmpeg tells nothing of itself: what it writes is its sign of life.
        if size != self.last_size {
            self.last_size = size;
            self.sign();
        }
        if size > self.limit_bytes {
            let detail = format!("the job's directory holds {size} bytes");
            return Err(MediaFailure::new(MediaErrorCode::FileTooLarge, detail));
        }
        if let Some(free) = free.filter(|free| *free < self.floor_bytes) {
            let detail = format!("{free} bytes are free, {} must be", self.floor_bytes);
            let cause = "This server's disk is nearly full.";
            return Err(MediaFailure::because(MediaErrorCode::DiskFull, cause, detail));
        }
        if self.last_sign.elapsed() >= self.stall_timeout {
            let detail = format!("no sign of life for {:?}", self.stall_timeout);
            let cause = "The site stopped sending.";
            let failure = MediaFailure::because(MediaErrorCode::TimedOut, cause, detail);
            return Err(failure.that_may_pass());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dog(stall_timeout: Duration) -> Watchdog {
        let mut config = EngineConfig::new(PathBuf::new(), PathBuf::new());
        config.max_file_bytes = 100;
        config.stall_timeout = stall_timeout;
        Watchdog::new(Path::new("/nonexistent"), &config, 50)
    }

    fn size(size: u64) -> Measure {
        Measure { size, free: None }
    }

    #[test]
    fn a_directory_that_outgrows_two_files_is_too_large() {
        let mut dog = dog(Duration::from_secs(60));
        assert_eq!(dog.judge(size(200 + SMALL_FILES_BYTES)), Ok(()));
        let failure = dog.judge(size(201 + SMALL_FILES_BYTES)).unwrap_err();
        assert_eq!(failure.code(), MediaErrorCode::FileTooLarge);
    }

    #[test]
    fn the_same_bytes_again_are_no_sign_of_life() {
        let mut dog = dog(Duration::ZERO);
        dog.bytes(0);
        assert_eq!(dog.judge(size(0)).unwrap_err().code(), MediaErrorCode::TimedOut);
    }

    #[test]
    fn a_disk_that_fills_up_ends_what_is_at_work() {
        let mut dog = dog(Duration::from_secs(60));
        assert_eq!(dog.judge(Measure { size: 10, free: Some(50) }), Ok(()));
        let failure = dog.judge(Measure { size: 11, free: Some(49) }).unwrap_err();
        assert_eq!(failure.code(), MediaErrorCode::DiskFull);
        assert_eq!(failure.outlook, crate::Outlook::Transient);
    }
}
