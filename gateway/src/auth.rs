//! Who asks: tokens verified with auth-service's keys, API keys by asking it, and neither once it
//! has ended.
//!
//! Verifying Ed25519 costs as much as the rest of a request, so a positive verdict is kept; expiry
//! and revocation are looked at each time it is used.

mod keys;
mod news;
mod revocations;
mod suspects;

use std::{net::IpAddr, sync::Arc, time::Duration};

use auth_tokens::{AccessClaims, Scopes, TokenError, UserIdentity};
use common_types::{ErrorCode, Timestamp, internal::accounts::ApiKeyVerdict};
use moka::sync::Cache;
use service_kit::{ApiError, ApiResult, Chain, Clock};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::suspects::Cost;
use crate::{
    Options,
    neighbours::{NeighbourError, Neighbours},
    vouch::LastSignature,
};

pub(crate) use keys::Keys;
pub(crate) use news::News;
pub(crate) use revocations::Revocations;
pub(crate) use suspects::Suspects;

const MAX_VERDICTS: u64 = 20_000;
const FORGET_AFTER: Duration = Duration::from_secs(600);
/// An API key may be deleted at any gateway; the feed says so as well, but later.
const KEY_VERDICT_MS: i64 = 1_500;
/// A key that nobody has is not asked about again for a while. None can be made meanwhile that was
/// shown before.
const MAX_UNKNOWN_KEYS: u64 = 10_000;
const UNKNOWN_KEY_FOR: Duration = Duration::from_secs(5);
/// How long a request waits for a gateway that has just begun to listen.
const START_PATIENCE: Duration = Duration::from_secs(1);
const API_KEY_PREFIX: &str = "mgp_";

type TokenHash = [u8; 32];

/// Knows who shows a credential.
pub(crate) struct Authenticator {
    pub(crate) keys: Keys,
    pub(crate) revocations: Revocations,
    /// By the SHA-256 of the credential: no token stays in memory.
    verdicts: Cache<TokenHash, Arc<Verdict>>,
    unknown_keys: Cache<TokenHash, ()>,
    pub(crate) suspects: Suspects,
    clock: Clock,
}

/// A credential that was found to be good.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) user: UserIdentity,
    pub(crate) last_signature: LastSignature,
    /// The session or the API key, as revocations name it.
    ended_as: Uuid,
    /// When the credential expires; never, if `None`.
    expires_at: Option<Timestamp>,
    /// Until when the verdict may be believed; as long as the credential, if `None`.
    believed_until: Option<Timestamp>,
    /// The key that signed the token; absent for an API key.
    signed_by: Option<String>,
}

impl Authenticator {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: Keys::default(),
            revocations: Revocations::default(),
            verdicts: Cache::builder()
                .max_capacity(MAX_VERDICTS)
                .time_to_idle(FORGET_AFTER)
                .build(),
            unknown_keys: Cache::builder()
                .max_capacity(MAX_UNKNOWN_KEYS)
                .time_to_live(UNKNOWN_KEY_FOR)
                .build(),
            suspects: Suspects::new(options.suspicion),
            clock: options.clock.clone(),
        }
    }

    /// Whether credentials can be judged.
    pub(crate) fn is_ready(&self) -> bool {
        self.revocations.is_complete() && self.keys.current().is_some()
    }

    /// Waits until credentials can be judged, or not any longer.
    pub(crate) async fn until_ready(&self, deadline: Duration) {
        let (mut fetches, mut complete) = (self.keys.subscribe(), self.revocations.subscribe());
        let ready = async {
            while !self.is_ready() {
                let changed = tokio::select! {
                    changed = fetches.changed() => changed,
                    changed = complete.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        };
        // Not ready in time is no failure: `/readyz` goes on saying so.
        let _late = tokio::time::timeout(deadline, ready).await;
    }

    /// Who shows `token`, from `address`.
    ///
    /// # Errors
    /// `unauthenticated`, `token_expired`, `token_revoked`, `account_disabled`; `rate_limited` after
    /// many that were none; `unavailable` while it cannot be known.
    pub(crate) async fn authenticate(
        &self,
        token: &str,
        address: IpAddr,
        neighbours: &Neighbours,
    ) -> ApiResult<Arc<Verdict>> {
        if !self.revocations.is_complete() {
            // A gateway that has just begun to listen knows in a moment.
            self.until_ready(START_PATIENCE).await;
        }
        if !self.revocations.is_complete() {
            return Err(cannot_judge("the list of ended sessions has not been read yet"));
        }
        let hash: TokenHash = Sha256::digest(token).into();
        let known = self.verdicts.get(&hash);
        if let Some(verdict) = &known
            && verdict.may_be_believed(self.clock.now())
        {
            return self.in_force(Arc::clone(verdict));
        }
        let is_key = token.starts_with(API_KEY_PREFIX);
        // What was good before is asked about again, whatever others at its address show.
        if known.is_none() {
            self.suspects.admit(address, if is_key { Cost::Call } else { Cost::Signature })?;
        }
        let judged = match is_key {
            true => self.judge_key(&hash, neighbours).await,
            false => self.judge_token(token).await,
        };
        let verdict = judged.map_err(|error| match error.problem().code {
            ErrorCode::Unauthenticated => self.suspects.fail(address),
            _ => error,
        })?;
        let verdict = self.in_force(Arc::new(verdict))?;
        self.verdicts.insert(hash, Arc::clone(&verdict));
        Ok(verdict)
    }

    /// Ends the session of a verdict at this gateway, at once. An API key is no session.
    pub(crate) fn end(&self, verdict: &Verdict) {
        if let (Some(_), Some(expires_at)) = (&verdict.user.session_id, verdict.expires_at) {
            self.revocations.add(verdict.ended_as, expires_at);
        }
    }

    /// Whether what was let in with this verdict may go on.
    pub(crate) fn is_in_force(&self, verdict: &Arc<Verdict>) -> bool {
        self.in_force(Arc::clone(verdict)).is_ok()
    }

    fn in_force(&self, verdict: Arc<Verdict>) -> ApiResult<Arc<Verdict>> {
        if self.revocations.contains(&verdict.ended_as) {
            return Err(ApiError::new(ErrorCode::TokenRevoked, "This credential was revoked."));
        }
        if verdict.expires_at.is_some_and(|expires_at| expires_at <= self.clock.now()) {
            return Err(expired());
        }
        if !self.is_key_in_use(&verdict) {
            return Err(unauthenticated());
        }
        Ok(verdict)
    }

    /// A key that was withdrawn, perhaps because it was stolen, vouches for nothing any more, however
    /// recently we looked.
    fn is_key_in_use(&self, verdict: &Verdict) -> bool {
        verdict
            .signed_by
            .as_deref()
            .is_none_or(|kid| self.keys.current().is_some_and(|keys| keys.knows(kid)))
    }

    async fn judge_token(&self, token: &str) -> ApiResult<Verdict> {
        let now = self.clock.now();
        let keys = self.keys.current();
        let keys = keys.ok_or_else(|| cannot_judge("the signing keys are not known yet"))?;
        let claims = match keys.verify_signed(token, now) {
            Err(TokenError::UnknownKey) => {
                let keys = self.keys.refreshed().await.unwrap_or(keys);
                keys.verify_signed(token, now)
            }
            judged => judged,
        };
        match claims {
            Ok((claims, kid)) => Verdict::of_token(&claims, kid).ok_or_else(unauthenticated),
            Err(TokenError::Expired) => Err(expired()),
            Err(TokenError::Invalid | TokenError::UnknownKey) => Err(unauthenticated()),
        }
    }

    async fn judge_key(&self, hash: &TokenHash, neighbours: &Neighbours) -> ApiResult<Verdict> {
        if self.unknown_keys.contains_key(hash) {
            return Err(unauthenticated());
        }
        let hex = hash.iter().fold(String::with_capacity(64), |hex, byte| hex + &hex_of(*byte));
        match neighbours.verify_key(hex).await {
            Ok(verdict) => Ok(Verdict::of_key(verdict, self.clock.now())),
            Err(NeighbourError::Refused(problem)) => Err(match problem.code {
                ErrorCode::TokenExpired => expired(),
                ErrorCode::AccountDisabled => ApiError::from_problem(*problem),
                ErrorCode::Unauthenticated | ErrorCode::NotFound => {
                    self.unknown_keys.insert(*hash, ());
                    unauthenticated()
                }
                _ => cannot_judge(problem.detail),
            }),
            // awc's errors may not leave their thread; their words may.
            Err(error) => Err(cannot_judge(Chain(&error).to_string())),
        }
    }
}

impl Verdict {
    /// `None` for claims that name no user or session of ours: what cannot be revoked is not let in.
    fn of_token(claims: &AccessClaims, signed_by: String) -> Option<Self> {
        let user = UserIdentity {
            user_id: claims.user_id()?,
            session_id: Some(claims.sid.clone()),
            expires_at: Some(claims.exp),
            scopes: Scopes::All,
        };
        Some(Self {
            user,
            last_signature: LastSignature::default(),
            ended_as: claims.sid.parse().ok()?,
            expires_at: Some(Timestamp::from_seconds(claims.exp)),
            believed_until: None,
            signed_by: Some(signed_by),
        })
    }

    fn of_key(key: ApiKeyVerdict, now: Timestamp) -> Self {
        let user = UserIdentity {
            user_id: key.user.id,
            session_id: None,
            expires_at: key.expires_at.map(Timestamp::as_seconds),
            scopes: Scopes::Only(key.scopes),
        };
        let believed_until = now.as_millis().saturating_add(KEY_VERDICT_MS);
        Self {
            user,
            last_signature: LastSignature::default(),
            ended_as: key.id,
            expires_at: key.expires_at,
            believed_until: Some(Timestamp::from_millis(believed_until)),
            signed_by: None,
        }
    }

    fn may_be_believed(&self, now: Timestamp) -> bool {
        self.believed_until.is_none_or(|until| now < until)
    }
}

fn hex_of(byte: u8) -> String {
    format!("{byte:02x}")
}

/// No credential, or none that is genuine.
pub(crate) fn unauthenticated() -> ApiError {
    ApiError::new(ErrorCode::Unauthenticated, "Log in first, and send the token or API key.")
}

fn expired() -> ApiError {
    ApiError::new(ErrorCode::TokenExpired, "This credential has expired; log in again.")
}

fn cannot_judge(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ApiError {
    ApiError::unavailable("Credentials cannot be checked at the moment.", source)
}
