//! Sees that no job takes more of the machine than it may, whatever it runs.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common_types::MediaErrorCode;
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    EngineConfig, MediaFailure,
    census::{Census, Tally},
    group::Group,
};

/// A fork bomb has some hundreds of processes by then, and an endless allocation a gigabyte.
const LOOK: Duration = Duration::from_millis(500);

/// On average: ffmpeg starts one for every processor, and some more.
const THREADS_PER_PROCESS: usize = 16;

/// Looks at all workers while any of them is at work.
#[derive(Debug)]
pub(crate) struct Warden {
    wards: Mutex<Vec<Weak<Ward>>>,
    someone_works: Notify,
    max_processes: usize,
    max_memory_bytes: u64,
}

/// What the warden knows of one worker.
#[derive(Debug)]
pub(crate) struct Ward {
    group: Group,
    /// Goes up with each request, and again with its end: odd while one is at work.
    steps: AtomicU64,
    verdict: Mutex<Option<MediaFailure>>,
}

impl Warden {
    pub(crate) fn new(config: &EngineConfig) -> Arc<Self> {
        Arc::new(Self {
            wards: Mutex::default(),
            someone_works: Notify::new(),
            max_processes: config.max_job_processes,
            max_memory_bytes: config.max_job_memory_bytes,
        })
    }

    /// Watches over a group for as long as the ward lives.
    pub(crate) fn watch(&self, group: Group) -> Arc<Ward> {
        let ward = Arc::new(Ward { group, steps: AtomicU64::new(0), verdict: Mutex::default() });
        let mut wards = self.wards.lock().unwrap_or_else(PoisonError::into_inner);
        wards.retain(|ward| ward.strong_count() > 0);
        wards.push(Arc::downgrade(&ward));
        ward
    }

    /// A request begins.
    pub(crate) fn begins(&self, ward: &Ward) {
        if !ward.is_at_work() {
            ward.steps.fetch_add(1, Ordering::Relaxed);
        }
        self.someone_works.notify_one();
    }

    /// Until the engine is stopped.
    pub(crate) async fn run(&self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.someone_works.notified() => {}
            }
            let mut ticks = interval(LOOK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first tick is at once, when nothing has happened yet.
            ticks.tick().await;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                // Once more after the last has ended: it may have left something running.
                let was_last = !self.living().iter().any(|ward| ward.is_at_work());
                self.look().await;
                if was_last {
                    break;
                }
            }
        }
    }

    async fn look(&self) {
        let before: Vec<_> = self
            .living()
            .into_iter()
            .map(|ward| (ward.steps.load(Ordering::Relaxed), ward))
            .collect();
        match tokio::task::spawn_blocking(Census::take).await {
            Ok(Ok(census)) => {
                for (steps, ward) in before {
                    self.judge(&ward, steps, census.of(ward.group.leader()));
                }
            }
            Ok(Err(error)) => log::warn!("counting the processes of jobs failed: {error}"),
            Err(error) => log::warn!("counting the processes of jobs failed: {error}"),
        }
    }

    fn judge(&self, ward: &Ward, steps: u64, tally: Tally) {
        let Tally { processes, threads, memory_bytes } = tally;
        let max_threads = self.max_processes.saturating_mul(THREADS_PER_PROCESS);
        if processes > self.max_processes {
            let detail = format!("{processes} processes, {} are allowed", self.max_processes);
            ward.end(MediaFailure::because(MediaErrorCode::EngineError, TOO_MANY, detail));
        } else if threads > max_threads {
            let detail = format!("{threads} threads, {max_threads} are allowed");
            ward.end(MediaFailure::because(MediaErrorCode::EngineError, TOO_MANY, detail));
        } else if memory_bytes > self.max_memory_bytes {
            let detail =
                format!("{memory_bytes} bytes of memory, {} are allowed", self.max_memory_bytes);
            ward.end(MediaFailure::because(MediaErrorCode::EngineError, TOO_LARGE, detail));
        } else if processes > 1 && is_rest(steps) && steps == ward.steps.load(Ordering::Relaxed) {
            let detail = format!("{} processes outlived their request", processes - 1);
            ward.end(MediaFailure::new(MediaErrorCode::EngineError, detail));
        }
    }

    fn living(&self) -> Vec<Arc<Ward>> {
        let wards = self.wards.lock().unwrap_or_else(PoisonError::into_inner);
        wards.iter().filter_map(Weak::upgrade).collect()
    }
}

const TOO_MANY: &str = "Processing this video started more programs than this server allows.";
const TOO_LARGE: &str = "Processing this video needs more memory than this server allows.";

impl Ward {
    /// A request has ended.
    pub(crate) fn rests(&self) {
        if self.is_at_work() {
            self.steps.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Why it was ended, if it was.
    pub(crate) fn verdict(&self) -> Option<MediaFailure> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_at_work(&self) -> bool {
        !is_rest(self.steps.load(Ordering::Relaxed))
    }

    fn end(&self, failure: MediaFailure) {
        log::warn!("a worker is ended: {}", failure.detail);
        let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        // It would be no different the next time.
        verdict.get_or_insert(MediaFailure { outlook: crate::Outlook::Permanent, ..failure });
        // The verdict must be there when the end is seen.
        self.group.kill();
    }
}

fn is_rest(steps: u64) -> bool {
    steps.is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warden() -> Arc<Warden> {
        let mut config = EngineConfig::new("yt-dlp".into(), "work".into());
        config.max_job_processes = 4;
        config.max_job_memory_bytes = 1000;
        Warden::new(&config)
    }

    /// Of a group that does not exist: killing it does nothing.
    fn ward(warden: &Warden) -> Arc<Ward> {
        warden.watch(Group::led_by(i32::MAX).unwrap())
    }

    fn cause(ward: &Ward) -> String {
        ward.verdict().unwrap().problem.error
    }

    #[test]
    fn what_a_job_may_have_is_no_reason_to_end_it() {
        let (warden, tally) = (warden(), Tally { processes: 4, threads: 64, memory_bytes: 1000 });
        let ward = ward(&warden);
        warden.begins(&ward);
        warden.judge(&ward, 1, tally);
        assert_eq!(ward.verdict(), None);
    }

    #[test]
    fn too_many_and_too_large_are_told_apart_and_final() {
        let warden = warden();
        let (many, large) = (ward(&warden), ward(&warden));
        warden.judge(&many, 1, Tally { processes: 5, threads: 5, memory_bytes: 1 });
        warden.judge(&large, 1, Tally { processes: 1, threads: 1, memory_bytes: 1001 });
        assert_eq!((cause(&many).as_str(), cause(&large).as_str()), (TOO_MANY, TOO_LARGE));
        assert_eq!(many.verdict().unwrap().outlook, crate::Outlook::Permanent);
    }

    #[test]
    fn only_a_worker_at_rest_must_be_alone() {
        let (warden, two) = (warden(), Tally { processes: 2, threads: 2, memory_bytes: 1 });
        let ward = ward(&warden);
        warden.begins(&ward);
        warden.judge(&ward, 0, two);
        assert_eq!(ward.verdict(), None, "a request has begun meanwhile");
        warden.judge(&ward, 1, two);
        assert_eq!(ward.verdict(), None, "it is at work");
        ward.rests();
        warden.judge(&ward, 2, two);
        assert!(ward.verdict().is_some());
    }
}
