//! What auth-service does, without HTTP: each operation checks, hashes or signs, and leaves what
//! must be decided atomically to db-service.

mod api_keys;
mod login;
mod password;
mod profile;
mod registration;
pub(crate) mod sessions;
mod users;

use std::sync::{Arc, atomic::AtomicBool};

use common_types::{
    ErrorCode,
    internal::accounts::{Account, ApiKeyLookup, ApiKeyVerdict, RevocationFeed},
};
use db_client::{DbClient, DbError};
use service_kit::{ApiError, ApiResult, Clock, config::Registration, health::Unready};

pub(crate) use self::login::Login;
use crate::{
    config::AuthConfig,
    passwords::{Hasher, PasswordRules},
    signing::TokenSigner,
};

/// What all workers have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    registration: Registration,
    /// Set once it is known that somebody has an account, which stays true.
    has_accounts: Arc<AtomicBool>,
    rules: Arc<PasswordRules>,
    hasher: Hasher,
    signer: TokenSigner,
    clock: Clock,
}

impl Shared {
    pub(crate) fn new(
        config: &AuthConfig,
        hasher: Hasher,
        signer: TokenSigner,
        clock: Clock,
    ) -> Self {
        let rules = Arc::new(PasswordRules::default());
        let has_accounts = Arc::default();
        Self { registration: config.registration, has_accounts, rules, hasher, signer, clock }
    }
}

/// The operations, for one worker thread.
pub(crate) struct AuthService {
    db: DbClient,
    shared: Shared,
}

impl AuthService {
    pub(crate) fn new(db: DbClient, shared: Shared) -> Self {
        Self { db, shared }
    }

    /// Whether everything is there that an account needs; says what is not.
    pub(crate) async fn check(&self) -> Result<(), Unready> {
        self.db.ready().await.map_err(|error| {
            log::warn!("not ready: {}", service_kit::Chain(&error));
            Unready::new("db-service", "The database service is not ready.")
        })
    }

    /// The public keys as a JWKS document.
    pub(crate) fn jwks(&self) -> Arc<str> {
        self.shared.signer.jwks()
    }

    /// What gateways must refuse before it expires by itself.
    pub(crate) async fn revocations(&self, after: i64) -> ApiResult<RevocationFeed> {
        Ok(self.db.revocations(after).await?)
    }

    /// Whom an API key belongs to, for the gateways, which send its digest alone.
    pub(crate) async fn verify_api_key(&self, lookup: &ApiKeyLookup) -> ApiResult<ApiKeyVerdict> {
        Ok(self.db.verify_api_key(lookup).await?)
    }

    /// The account of someone whose credential the gateway has verified.
    async fn own_account(&self, user_id: i64) -> ApiResult<Account> {
        let account = self.db.account(user_id).await.map_err(|error| match error.code() {
            Some(ErrorCode::NotFound) => ended(),
            _ => error.into(),
        })?;
        if account.is_active { Ok(account) } else { Err(ended()) }
    }
}

/// A credential that was in force until a moment ago.
fn ended() -> ApiError {
    ApiError::new(ErrorCode::TokenRevoked, "This session has ended; log in again.")
}

/// The answer to a wrong password, and to an account that does not exist: nobody learns which.
fn wrong_credentials() -> ApiError {
    ApiError::new(ErrorCode::InvalidCredentials, "The username or the password is wrong.")
}

/// `None` for what does not exist.
fn found<T>(answer: Result<T, DbError>) -> Result<Option<T>, DbError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.code() == Some(ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
