//! The threads that hash. There are fewer of them than cores, and the kernel prefers everyone else,
//! so that nobody's request waits for another's login; each has the memory that argon2id fills to
//! itself.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use argon2::Block;
use rustix::process::setpriority_process;
use tokio::sync::{Semaphore, oneshot};

use super::{HashError, HashingLimits};

/// Of -20 to 19: whoever else wants to run does so first, but a login still gets a tenth of a core
/// beside a busy neighbour, where the last step would leave it a sixtieth.
const NICENESS: i32 = 10;

/// Memory is given back once a thread has had nothing to do for this long. To allocate and page it
/// in anew is two fifths of a hash, which a burst must not pay each time; nor may it stay when the
/// burst is over.
const IDLE: Duration = Duration::from_secs(1);

/// More than the largest size for which glibc may keep freed memory to itself (32 MiB): freed, it
/// goes back to the system. What is reserved and never touched costs nothing.
const RESERVED_BLOCKS: usize = 34 * 1024;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Hands jobs to the threads, which end when it is dropped.
pub(super) struct Crew {
    /// Threads and queue together: who finds no place here is refused.
    places: Arc<Semaphore>,
    queue: Arc<Queue>,
}

impl Crew {
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(limits: HashingLimits) -> Result<Self, HashError> {
        let places = Semaphore::new(limits.slots.saturating_add(limits.waiting));
        let crew = Self { places: Arc::new(places), queue: Arc::default() };
        for number in 0..limits.slots {
            let queue = Arc::clone(&crew.queue);
            let thread = thread::Builder::new().name(format!("hashing-{number}"));
            thread.spawn(move || work(&queue)).map_err(HashError::Thread)?;
        }
        Ok(crew)
    }

    /// Runs `job` on one of the threads. A caller who leaves before its turn has come costs no
    /// work; what was begun is worked to its end.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait, [`HashError::Lost`] when the job panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_full| HashError::Busy)?;
        let (answer, answered) = oneshot::channel();
        self.queue.push(Box::new(move |blocks| {
            if answer.is_closed() {
                return;
            }
            let made = job(blocks);
            // Free before it is told of, so that who comes next finds the place.
            drop(place);
            // Who left meanwhile does not want it.
            let _unwanted = answer.send(made);
        }));
        answered.await.map_err(HashError::Lost)
    }

    #[cfg(test)]
    pub(super) fn free_places(&self) -> usize {
        self.places.available_permits()
    }

    /// How many threads hold memory.
    #[cfg(test)]
    pub(super) fn holding(&self) -> usize {
        self.queue.holding.load(Ordering::Relaxed)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// One thread's life.
fn work(queue: &Queue) {
    // Linux gives each thread a priority of its own; what is refused costs nothing but politeness.
    if let Err(error) = setpriority_process(None, NICENESS) {
        log::warn!("passwords are hashed with everyone else's priority: {error}");
    }
    let mut blocks = Vec::new();
    while let Some(job) = queue.next(&mut blocks) {
        if blocks.capacity() == 0 {
            blocks.reserve_exact(RESERVED_BLOCKS);
            queue.holding.fetch_add(1, Ordering::Relaxed);
        }
        // A job that panics drops its end of the channel, and so its caller knows.
        let _panicked = catch_unwind(AssertUnwindSafe(|| job(&mut blocks)));
    }
}

/// What the threads have to do.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    news: Condvar,
    /// Threads that hold memory.
    holding: AtomicUsize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Queue {
    fn push(&self, job: Job) {
        self.state().jobs.push_back(job);
        self.news.notify_one();
    }

    fn close(&self) {
        self.state().is_closed = true;
        self.news.notify_all();
    }

    /// The next job, as soon as there is one; none when there will be no more. `blocks` are freed if
    /// that takes long.
    fn next(&self, blocks: &mut Vec<Block>) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state = if blocks.capacity() == 0 {
                self.news.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                let waited = self.news.wait_timeout(state, IDLE);
                let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                if waited.timed_out() && state.jobs.is_empty() {
                    *blocks = Vec::new();
                    self.holding.fetch_sub(1, Ordering::Relaxed);
                }
                state
            };
        }
    }

    /// No job runs while it is locked, so nothing can be half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
