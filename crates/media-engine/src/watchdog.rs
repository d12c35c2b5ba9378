//! Sees that a download lives, and does not outgrow its directory.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use common_types::MediaErrorCode;

use crate::{MediaFailure, job_dir};

/// Merging holds the streams and the file made of them, each as large as a file may be.
const LARGEST_FILES: u64 = 2;
const SMALL_FILES_BYTES: u64 = 64 * 1024 * 1024;

/// Watches one attempt; to be asked about once a second.
#[derive(Debug)]
pub(crate) struct Watchdog {
    directory: PathBuf,
    limit_bytes: u64,
    stall_timeout: Duration,
    last_sign: Instant,
    last_bytes: u64,
    last_size: u64,
}

impl Watchdog {
    pub(crate) fn new(directory: &Path, max_file_bytes: u64, stall_timeout: Duration) -> Self {
        Self {
            directory: directory.to_owned(),
            limit_bytes: max_file_bytes
                .saturating_mul(LARGEST_FILES)
                .saturating_add(SMALL_FILES_BYTES),
            stall_timeout,
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

    /// Looks at the directory.
    ///
    /// # Errors
    /// When it has grown too large, or nothing has happened for too long.
    pub(crate) async fn look(&mut self) -> Result<(), MediaFailure> {
        let directory = self.directory.clone();
        let measured = tokio::task::spawn_blocking(move || job_dir::size_bytes(&directory)).await;
        self.judge(measured.unwrap_or(self.last_size))
    }

    fn judge(&mut self, size: u64) -> Result<(), MediaFailure> {
        // ffmpeg tells nothing of itself: what it writes is its sign of life.
        if size != self.last_size {
            self.last_size = size;
            self.sign();
        }
        if size > self.limit_bytes {
            let detail = format!("the job's directory holds {size} bytes");
            return Err(MediaFailure::new(MediaErrorCode::FileTooLarge, detail));
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

    #[test]
    fn a_directory_that_outgrows_two_files_is_too_large() {
        let mut dog = Watchdog::new(Path::new("/nonexistent"), 100, Duration::from_secs(60));
        assert_eq!(dog.judge(200 + SMALL_FILES_BYTES), Ok(()));
        let failure = dog.judge(201 + SMALL_FILES_BYTES).unwrap_err();
        assert_eq!(failure.code(), MediaErrorCode::FileTooLarge);
    }

    #[test]
    fn the_same_bytes_again_are_no_sign_of_life() {
        let mut dog = Watchdog::new(Path::new("/nonexistent"), 100, Duration::ZERO);
        dog.bytes(0);
        assert_eq!(dog.judge(0).unwrap_err().code(), MediaErrorCode::TimedOut);
    }
}
