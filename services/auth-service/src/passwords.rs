//! Passwords: which may be chosen, how they are hashed, and how a stored hash is verified.
//!
//! argon2id is the only scheme that is written; bcrypt is read, for accounts carried over from an
//! older database, and replaced at the next login. Hashing takes a core for tens of milliseconds
//! and 19 MiB, so it happens off the event loop, in as many slots as there are cores, behind a
//! queue that has an end.

mod argon2id;
mod bcrypt;
mod common;
mod memory;
mod rules;

use std::{sync::Arc, time::Duration};

use common_types::ErrorCode;
use service_kit::ApiError;
use tokio::{
    sync::Semaphore,
    task::{self, JoinError},
    time,
};
use tokio_util::sync::CancellationToken;

pub use self::rules::PasswordRules;
use self::{argon2id::Argon2id, memory::Memory};

/// How long a caller should wait when the queue is full: it is worked off in about this time.
const BUSY_RETRY_AFTER_SECONDS: u64 = 2;

/// Memory for hashing is given back once nobody has logged in for about this long.
const IDLE: Duration = Duration::from_secs(20);

/// How much hashing happens at a time.
#[derive(Debug, Clone, Copy)]
pub struct HashingLimits {
    /// Passwords hashed at once.
    pub slots: usize,
    /// Passwords that wait for a slot; one more is refused.
    pub waiting: usize,
}

impl Default for HashingLimits {
    /// A slot per core, and a queue that is worked off in about a second and a half.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { slots: cores, waiting: cores.saturating_mul(100) }
    }
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("cannot gather randomness for a salt")]
    Randomness(#[source] getrandom::Error),
    #[error("cannot hash with argon2id")]
    Argon2(#[source] argon2::Error),
    #[error("the hashing task was lost")]
    Lost(#[source] JoinError),
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => {
                Self::new(ErrorCode::Unavailable, "Too many people log in at the moment.")
                    .with_source(error)
                    .with_retry_after(BUSY_RETRY_AFTER_SECONDS)
            }
            error => Self::internal(error),
        }
    }
}

/// What a stored hash says of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, and the stored hash should be replaced by one of today's scheme.
    RightButOutdated,
}

/// Hashes and verifies passwords. Clones share their slots.
#[derive(Clone)]
pub struct Hasher(Arc<Shared>);

struct Shared {
    argon2id: Argon2id,
    memory: Memory,
    /// Slots and queue together: who finds no place here is refused.
    places: Arc<Semaphore>,
    slots: Arc<Semaphore>,
}

impl Hasher {
    /// # Errors
    /// When the system has no randomness.
    pub fn new(limits: HashingLimits) -> Result<Self, HashError> {
        let places = limits.slots.saturating_add(limits.waiting);
        Ok(Self(Arc::new(Shared {
            argon2id: Argon2id::new()?,
            memory: Memory::default(),
            places: Arc::new(Semaphore::new(places)),
            slots: Arc::new(Semaphore::new(limits.slots)),
        })))
    }

    /// A PHC string for a new password.
    ///
    /// # Errors
    /// [`HashError::Busy`]; else a failure of ours.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.work(move |shared| {
            shared.memory.lend(|blocks| shared.argon2id.hash(password.as_bytes(), blocks))
        })
        .await?
    }

    /// Whether `password` is the one of `stored`. Without a stored hash, as for an account that
    /// does not exist, the same work is done and the verdict is wrong.
    ///
    /// # Errors
    /// [`HashError::Busy`]; else a failure of ours.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verdict, HashError> {
        self.work(move |shared| shared.verify(password.as_bytes(), stored.as_deref())).await
    }

    /// How often argon2id was run so far, whatever came of it: the work that was done.
    pub fn runs(&self) -> u64 {
        self.0.argon2id.runs()
    }

    /// Gives the memory back to the system whenever nothing was hashed for a while, until `stop`.
    pub(crate) async fn release_when_idle(self, stop: CancellationToken) {
        let mut seen = 0;
        while stop.run_until_cancelled(time::sleep(IDLE)).await.is_some() {
            let runs = self.runs();
            if runs == seen {
                self.0.memory.release();
            }
            seen = runs;
        }
    }

    /// Runs `job` on a thread of its own, in a slot, which it keeps even if the caller goes away.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let shared = Arc::clone(&self.0);
        let places = Arc::clone(&shared.places);
        let place = places.try_acquire_owned().map_err(|_full| HashError::Busy)?;
        // A closed semaphore is the only error, and nobody closes it.
        let slot =
            Arc::clone(&shared.slots).acquire_owned().await.map_err(|_closed| HashError::Busy)?;
        let blocking = move || {
            let _held = (place, slot);
            job(&shared)
        };
        task::spawn_blocking(blocking).await.map_err(HashError::Lost)
    }
}

impl Shared {
    /// A stored hash that cannot be used matches nothing, at the price of one that can.
    fn verify(&self, password: &[u8], stored: Option<&str>) -> Verdict {
        let Some(stored) = stored else {
            return self.verify_nobody(password);
        };
        if bcrypt::is_bcrypt(stored) {
            return match bcrypt::verify(password, stored) {
                Ok(true) => Verdict::RightButOutdated,
                Ok(false) => Verdict::Wrong,
                Err(error) => self.verify_unusable(password, &error),
            };
        }
        match self.memory.lend(|blocks| self.argon2id.verify(password, stored, blocks)) {
            Ok(verdict) => verdict,
            Err(error) => self.verify_unusable(password, &error),
        }
    }

    fn verify_unusable(&self, password: &[u8], error: &UnusableHash) -> Verdict {
        log::error!("a stored password hash cannot be used: {error}");
        self.verify_nobody(password)
    }

    fn verify_nobody(&self, password: &[u8]) -> Verdict {
        self.memory.lend(|blocks| self.argon2id.verify_nobody(password, blocks));
        Verdict::Wrong
    }
}

/// Why a stored hash can verify nothing. It never holds the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum UnusableHash {
    #[error("it is of no scheme that is known")]
    UnknownScheme,
    #[error("it is malformed")]
    Malformed,
    #[error("it would cost too much to verify")]
    TooCostly,
}

#[cfg(test)]
mod tests;
