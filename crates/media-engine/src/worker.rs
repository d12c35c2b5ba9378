//! A forked worker, as long as it lives.

use std::{
    io,
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{net::UnixStream, time::timeout};

use crate::{
    MediaFailure,
    group::Group,
    lodging::Lodging,
    warden::{Ward, Warden},
    wire::{self, Answer, Event, Lines, Request},
    zygote::Zygote,
};

/// Includes the zygote's warming up.
const BIRTH_TIMEOUT: Duration = Duration::from_secs(30);
const DEATH_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_JOBS: u32 = 200;
/// A fresh one has about 16 MB that are its own.
const MAX_PRIVATE_KB: u64 = 150 * 1024;

/// A process that takes one request at a time. Dropping it kills it and all it started, and moves the
/// directory of a job that it has out of its reach.
#[derive(Debug)]
pub(crate) struct Worker {
    stream: UnixStream,
    lines: Lines,
    life: Life,
    // Behind the life: it may only go when that is over.
    lodging: Lodging,
    warden: Arc<Warden>,
    ward: Arc<Ward>,
    jobs: u32,
    saw_cookies: bool,
    private_kb: u64,
    idle_since: Instant,
}

/// Why a worker answers no more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// Its process has ended, or cannot be understood any more.
    #[error("the worker is lost: {0}")]
    Ended(#[from] io::Error),
    /// It took more than it may, and was ended for that.
    #[error("the worker was ended: {}", .0.detail)]
    Overstepped(MediaFailure),
}

impl Worker {
    /// A new one, which lives in `lodging` and is watched over by `warden`.
    ///
    /// # Errors
    /// When it is not born.
    pub(crate) async fn fork(
        zygote: &Arc<Zygote>,
        lodging: Lodging,
        warden: Arc<Warden>,
    ) -> Result<Self, Lost> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(ours)?;
        zygote.fork(OwnedFd::from(theirs), lodging.path());
        let mut lines = Lines::default();
        let hello = timeout(BIRTH_TIMEOUT, lines.next(&mut stream));
        let first = hello.await.map_err(|_elapsed| io::Error::other("it was never born"))??;
        let Some(Event::Hello { pid }) = first else {
            return Err(io::Error::other("it ended before it spoke").into());
        };
        let group = Group::led_by(pid).ok_or_else(|| io::Error::other("it has no id"))?;
        let life = Life { group, zygote: zygote.clone(), over: false };
        Ok(Self {
            stream,
            lines,
            life,
            lodging,
            ward: warden.watch(group),
            warden,
            jobs: 0,
            saw_cookies: false,
            private_kb: 0,
            idle_since: Instant::now(),
        })
    }

    pub(crate) async fn ask(&mut self, request: &Request<'_>) -> Result<(), Lost> {
        self.jobs += 1;
        self.warden.begins(&self.ward);
        match wire::send(&mut self.stream, request).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(error)),
        }
    }

    /// Answers what the worker asked in the middle of its request.
    pub(crate) async fn answer(&mut self, answer: Answer) -> Result<(), Lost> {
        match wire::send(&mut self.stream, &answer).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(error)),
        }
    }

    /// The next event. Safe to drop at any point.
    pub(crate) async fn next(&mut self) -> Result<Event, Lost> {
        let event = match self.lines.next(&mut self.stream).await {
            Ok(Some(event)) => event,
            Ok(None) => return Err(self.lost(io::Error::other("its process ended"))),
            Err(error) => return Err(self.lost(error)),
        };
        if let Event::Done { private_kb, .. } = &event {
            self.private_kb = *private_kb;
        } else if let Event::Failed(facts) = &event {
            self.private_kb = facts.private_kb;
        }
        Ok(event)
    }

    /// Kills it and everything it started; resolves once they are gone.
    pub(crate) async fn kill(mut self) {
        self.life.over = true;
        self.life.group.kill();
        let gone = self.life.zygote.reap(self.life.group);
        if timeout(DEATH_TIMEOUT, gone).await.is_ok_and(|told| told.is_ok()) {
            return;
        }
        // Without a zygote, init does the reaping; all we can do is see it done.
        let deadline = Instant::now() + DEATH_TIMEOUT;
        while self.life.group.exists() && Instant::now() < deadline {
            self.life.group.kill();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// It is about to be lent cookies: what it keeps is for nobody else.
    pub(crate) fn take_into_confidence(&mut self) {
        self.saw_cookies = true;
        self.lodging.spoil_cache();
    }

    /// Where it may write.
    pub(crate) fn lodging(&mut self) -> &mut Lodging {
        &mut self.lodging
    }

    /// Whether it was lent cookies, and may see no other request.
    pub(crate) fn saw_cookies(&self) -> bool {
        self.saw_cookies
    }

    /// Whether it may take another request.
    pub(crate) fn is_fit(&self) -> bool {
        let zygote = &self.life.zygote;
        let is_young = self.jobs < MAX_JOBS && self.private_kb < MAX_PRIVATE_KB;
        is_young && !zygote.has_ended() && !zygote.is_retired()
    }

    pub(crate) fn rest(&mut self) {
        self.ward.rests();
        self.idle_since = Instant::now();
    }

    pub(crate) fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }

    fn lost(&mut self, error: io::Error) -> Lost {
        match self.ward.verdict() {
            Some(failure) => {
                self.lodging.spoil_cache();
                Lost::Overstepped(failure)
            }
            None => Lost::Ended(error),
        }
    }
}

#[derive(Debug)]
struct Life {
    group: Group,
    zygote: Arc<Zygote>,
    over: bool,
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.over {
            self.group.kill();
            drop(self.zygote.reap(self.group));
        }
    }
}
