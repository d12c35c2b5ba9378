//! Passwords: which may be chosen, how they are hashed, and how a stored hash is verified.
//!
//! argon2id is the only scheme that is written; bcrypt is read, for accounts carried over from an
//! older database, and replaced at the next login. Hashing takes a core for tens of milliseconds
//! and 19 MiB, so it happens on a few threads of its own that everybody else goes before, behind a
//! queue that has an end.

mod argon2id;
mod bcrypt;
mod common;
mod crew;
mod rules;

use std::{io, sync::Arc};

use argon2::Block;
use common_types::ErrorCode;
use service_kit::ApiError;
use tokio::sync::oneshot::error::RecvError;

pub use self::rules::PasswordRules;
use self::{argon2id::Argon2id, crew::Crew};

/// How long a caller should wait when the queue is full: it is worked off in about this time.
const BUSY_RETRY_AFTER_SECONDS: u64 = 4;

/// Passwords that may wait for each thread that hashes: worked off in about four seconds.
const WAITING_PER_SLOT: usize = 200;

/// How much hashing happens at a time.
#[derive(Debug, Clone, Copy)]
pub struct HashingLimits {
    /// Passwords hashed at once.
    pub slots: usize,
    /// Passwords that wait for a slot; one more is refused.
    pub waiting: usize,
}

impl Default for HashingLimits {
    /// All cores but one: however many log in, one is left for everybody else.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let slots = cores.saturating_sub(1).max(1);
        Self { slots, waiting: slots.saturating_mul(WAITING_PER_SLOT) }
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
    #[error("cannot start a thread that hashes")]
    Thread(#[source] io::Error),
    #[error("the hashing task was lost")]
    Lost(#[source] RecvError),
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => {
                Self::new(ErrorCode::RateLimited, "Too many people log in at the moment.")
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

/// Hashes and verifies passwords. Clones share their threads.
#[derive(Clone)]
pub struct Hasher {
    argon2id: Arc<Argon2id>,
    crew: Arc<Crew>,
}

impl Hasher {
    /// Starts the threads; they end with the last clone.
    ///
    /// # Errors
    /// When the system has no randomness or no thread.
    pub fn new(limits: HashingLimits) -> Result<Self, HashError> {
        Ok(Self { argon2id: Arc::new(Argon2id::new()?), crew: Arc::new(Crew::start(limits)?) })
    }

    /// A PHC string for a new password.
    ///
    /// # Errors
    /// [`HashError::Busy`]; else a failure of ours.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        let argon2id = Arc::clone(&self.argon2id);
        self.crew.run(move |blocks| argon2id.hash(password.as_bytes(), blocks)).await?
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
        let argon2id = Arc::clone(&self.argon2id);
        let verify = move |blocks: &mut Vec<Block>| {
            verify(&argon2id, password.as_bytes(), stored.as_deref(), blocks)
        };
        self.crew.run(verify).await
    }

    /// How often argon2id was run so far, whatever came of it: the work that was done.
    pub fn runs(&self) -> u64 {
        self.argon2id.runs()
    }
}

/// A stored hash that cannot be used matches nothing, at the price of one that can.
fn verify(
    argon2id: &Argon2id,
    password: &[u8],
    stored: Option<&str>,
    blocks: &mut Vec<Block>,
) -> Verdict {
    let verdict = match stored {
        None => Ok(None),
        Some(stored) if bcrypt::is_bcrypt(stored) => {
            let outdated =
                |is_right| if is_right { Verdict::RightButOutdated } else { Verdict::Wrong };
            bcrypt::verify(password, stored).map(outdated).map(Some)
        }
        Some(stored) => argon2id.verify(password, stored, blocks).map(Some),
    };
    if let Err(error) = &verdict {
        log::error!("a stored password hash cannot be used: {error}");
    }
    verdict.ok().flatten().unwrap_or_else(|| {
        argon2id.verify_nobody(password, blocks);
        Verdict::Wrong
    })
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
