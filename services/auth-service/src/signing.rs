//! The signing keys in use: access tokens are signed with the newest, and all are published.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use auth_tokens::{AccessClaims, KeyRing, KeyRingError};
use common_types::Timestamp;
use service_kit::{Chain, StartError};
use tokio::{task, time};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error("reading the signing keys")]
    Read(#[from] KeyRingError),
    #[error("writing the public keys as JSON")]
    Publish(#[source] serde_json::Error),
    #[error("the task that reads the keys was lost")]
    Lost(#[source] task::JoinError),
}

/// A token and the session it stands for, which has yet to be opened.
pub(crate) struct IssuedToken {
    pub(crate) token: String,
    pub(crate) session_id: Uuid,
    pub(crate) token_id: Uuid,
    pub(crate) expires_at: Timestamp,
}

/// Signs access tokens. Clones share the keys.
#[derive(Clone)]
pub(crate) struct TokenSigner {
    directory: Arc<Path>,
    ttl: Duration,
    current: Arc<RwLock<Arc<Keys>>>,
}

struct Keys {
    ring: KeyRing,
    /// The JWKS document, as it is served.
    jwks: Arc<str>,
}

impl Keys {
    fn publish(ring: KeyRing) -> Result<Self, SigningError> {
        let jwks = serde_json::to_string(&ring.jwks()).map_err(SigningError::Publish)?;
        Ok(Self { ring, jwks: jwks.into() })
    }
}

impl TokenSigner {
    /// Reads the keys of `directory`, and makes one if there is none.
    pub(crate) async fn open(directory: PathBuf, ttl: Duration) -> Result<Self, StartError> {
        let directory: Arc<Path> = directory.into();
        let keys = read(&directory, KeyRing::open).await.map_err(|error| {
            StartError::internal(format!("cannot use the keys in {}", directory.display()), error)
        })?;
        Ok(Self { directory, ttl, current: Arc::new(RwLock::new(Arc::new(keys))) })
    }

    /// How long a token holds.
    pub(crate) fn ttl(&self) -> Duration {
        self.ttl
    }

    /// The public keys as a JWKS document.
    pub(crate) fn jwks(&self) -> Arc<str> {
        Arc::clone(&self.keys().jwks)
    }

    /// A token of a new session. A session ends with the second that its token ends with.
    pub(crate) fn issue(&self, user_id: i64, now: Timestamp) -> Result<IssuedToken, SigningError> {
        let (session_id, token_id) = (Uuid::now_v7(), Uuid::new_v4());
        let expires_at = Timestamp::from_seconds((now + self.ttl).as_seconds());
        let (sid, jti) = (session_id.to_string(), token_id.to_string());
        let claims = AccessClaims::new(user_id, sid, jti, now, expires_at);
        let token = self.keys().ring.sign(&claims)?;
        Ok(IssuedToken { token, session_id, token_id, expires_at })
    }

    /// Takes up keys that are added, and lets go of those removed, until `stop`.
    pub(crate) async fn keep_current(self, every: Duration, stop: CancellationToken) {
        let mut complaint = String::new();
        while stop.run_until_cancelled(time::sleep(every)).await.is_some() {
            match read(&self.directory, KeyRing::read).await {
                Ok(keys) => {
                    complaint.clear();
                    self.replace(keys);
                }
                Err(error) => {
                    let text = Chain(&error).to_string();
                    if text != complaint {
                        log::error!("the signing keys stay as they were: {text}");
                        complaint = text;
                    }
                }
            }
        }
    }

    fn replace(&self, keys: Keys) {
        if !keys.ring.kids().eq(self.keys().ring.kids()) {
            let kid = keys.ring.kids().last().unwrap_or_default();
            log::info!("the signing keys have changed; {kid} signs");
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn read(
    directory: &Arc<Path>,
    how: fn(&Path) -> Result<KeyRing, KeyRingError>,
) -> Result<Keys, SigningError> {
    let directory = Arc::clone(directory);
    let ring =
        task::spawn_blocking(move || how(&directory)).await.map_err(SigningError::Lost)??;
    Keys::publish(ring)
}
