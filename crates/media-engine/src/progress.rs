//! One number for a whole job, out of what its parts tell.

use common_types::download::Phase;
use tokio::sync::watch;

use crate::{job::JobState, wire::Found};

/// Where a phase begins, in percent. Bytes make up nearly all of what a user waits for.
const FOUND: f64 = 2.0;
const FETCHED: f64 = 95.0;
const CHECKED: f64 = 99.0;
/// Where no size is known, progress is half-way after this many bytes.
const HALF_WAY_BYTES: f64 = 32.0 * 1024.0 * 1024.0;

/// Keeps the state that others watch; its numbers never go back, whatever an attempt does.
#[derive(Debug)]
pub(crate) struct Progress {
    state: watch::Sender<JobState>,
}

impl Progress {
    pub(crate) fn new(state: watch::Sender<JobState>) -> Self {
        Self { state }
    }

    /// A new attempt begins.
    pub(crate) fn extracting(&self) {
        self.state.send_modify(|state| state.phase = Phase::Extracting);
    }

    /// Whether the attempt has not fetched anything yet.
    pub(crate) fn is_extracting(&self) -> bool {
        self.state.borrow().phase == Phase::Extracting
    }

    pub(crate) fn found(&self, found: Found) {
        self.state.send_modify(|state| {
            state.video_id = found.id;
            state.title = found.title;
            state.uploader = found.uploader;
            state.duration_seconds = found.duration;
            state.thumbnail_url = found.thumbnail;
            advance(state, FOUND);
        });
    }

    pub(crate) fn bytes(&self, done: u64, total: Option<u64>, speed_bps: Option<f64>) {
        self.state.send_modify(|state| {
            state.phase = Phase::Downloading;
            state.downloaded_bytes = state.downloaded_bytes.max(done);
            state.total_bytes = total.or(state.total_bytes);
            state.speed_bps = speed_bps;
            state.eta_seconds = total.and_then(|total| eta_seconds(done, total, speed_bps));
            advance(state, FOUND + (FETCHED - FOUND) * fraction(done, total));
        });
    }

    /// One more step after the bytes: merging, converting, embedding.
    pub(crate) fn processing(&self) {
        self.state.send_modify(|state| {
            let step = if state.phase == Phase::Processing { 1.0 } else { 0.0 };
            state.phase = Phase::Processing;
            state.speed_bps = None;
            state.eta_seconds = None;
            // Each step takes part of what is left, so that any number of them fits.
            let reached = state.progress.max(FETCHED);
            advance(state, reached + step * (CHECKED - reached) / 3.0);
        });
    }

    pub(crate) fn finished(&self, size_bytes: u64) {
        self.state.send_modify(|state| {
            state.phase = Phase::Processing;
            state.speed_bps = None;
            state.eta_seconds = None;
            state.downloaded_bytes = state.downloaded_bytes.max(size_bytes);
            state.total_bytes = Some(state.downloaded_bytes);
            advance(state, CHECKED);
        });
    }
}

fn advance(state: &mut JobState, percent: f64) {
    state.progress = state.progress.max(percent.min(CHECKED));
}

fn fraction(done: u64, total: Option<u64>) -> f64 {
    match total {
        Some(total) if total > 0 => (float(done) / float(total)).min(1.0),
        _ => float(done) / (float(done) + HALF_WAY_BYTES),
    }
}

fn eta_seconds(done: u64, total: u64, speed_bps: Option<f64>) -> Option<u64> {
    let speed = speed_bps.filter(|speed| *speed >= 1.0)?;
    let seconds = float(total.saturating_sub(done)) / speed;
    std::time::Duration::try_from_secs_f64(seconds).ok().map(|eta| eta.as_secs())
}

/// Exact below 2^53 bytes, 9 petabytes.
#[expect(clippy::as_conversions, reason = "no other conversion from u64 to f64 exists")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> (Progress, watch::Receiver<JobState>) {
        let (sender, receiver) = watch::channel(JobState::default());
        (Progress::new(sender), receiver)
    }

    #[test]
    fn bytes_of_both_streams_make_one_progress() {
        let (progress, state) = watched();
        progress.bytes(50, Some(200), Some(10.0));
        assert!((state.borrow().progress - 25.25).abs() < 1e-9);
        assert_eq!(state.borrow().eta_seconds, Some(15));
        progress.bytes(200, Some(200), None);
        assert!((state.borrow().progress - 95.0).abs() < 1e-9);
    }

    #[test]
    fn progress_never_goes_back_when_an_attempt_starts_anew() {
        let (progress, state) = watched();
        progress.bytes(150, Some(200), None);
        let reached = state.borrow().clone();
        progress.extracting();
        progress.bytes(10, Some(400), None);
        assert_eq!(state.borrow().phase, Phase::Downloading);
        assert!(state.borrow().progress >= reached.progress);
        assert!(state.borrow().downloaded_bytes >= reached.downloaded_bytes);
    }

    #[test]
    fn any_number_of_steps_stays_below_99() {
        let (progress, state) = watched();
        for _ in 0..50 {
            progress.processing();
        }
        assert!(state.borrow().progress < 99.0);
        progress.finished(7);
        assert!((state.borrow().progress - 99.0).abs() < f64::EPSILON);
    }

    #[test]
    fn without_a_size_it_still_moves() {
        let (progress, state) = watched();
        progress.bytes(1 << 20, None, Some(1e6));
        let before = state.borrow().progress;
        progress.bytes(1 << 24, None, Some(1e6));
        assert!(state.borrow().progress > before);
        assert_eq!(state.borrow().eta_seconds, None);
    }
}
