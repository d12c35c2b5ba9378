//! Opening a session, and ending it again.

use std::{net::IpAddr, time::Duration};

use common_types::{
    ErrorCode,
    account::{LoggedIn, LoginRequest},
    internal::accounts::{Account, AccountPatch, NewSession},
};
use service_kit::{ApiError, ApiResult, Chain};
use uuid::Uuid;

use super::{AuthService, found, wrong_credentials};
use crate::{passwords::Verdict, signing::IssuedToken};

/// Longer names and addresses are not given out, and nobody is asked for them.
const MAX_LOGIN_CHARS: usize = 200;
/// Far above what may be chosen, for passwords that were carried over.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Where a login comes from, as its owner will see it in the list of sessions.
pub(crate) struct Origin {
    pub(crate) user_agent: Option<String>,
    pub(crate) address: IpAddr,
}

/// An answered login, and how long it holds.
pub(crate) struct Login {
    pub(crate) answer: LoggedIn,
    pub(crate) ttl: Duration,
}

impl AuthService {
    /// Opens a session for whoever knows the account's password.
    ///
    /// An account that does not exist costs the same work as a wrong password, and is answered the
    /// same. That an account is disabled is told only to those who know its password.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_credentials`, `account_disabled`.
    pub(crate) async fn log_in(&self, request: LoginRequest, origin: Origin) -> ApiResult<Login> {
        let name = named_account(&request)?;
        check_password(&request.password)?;
        let account = self.find_account(name).await?;
        let (account, verdict) = self.authenticate(account, &request.password).await?;
        if !account.is_active {
            let detail = "This account is disabled.";
            return Err(ApiError::new(ErrorCode::AccountDisabled, detail));
        }
        if verdict == Verdict::RightButOutdated {
            self.rehash(&account, request.password).await;
        }
        self.open_session(account, origin).await
    }

    /// Ends the session for good: its token is refused from now on.
    pub(crate) async fn log_out(&self, user_id: i64, session: Uuid) -> ApiResult<()> {
        self.db.end_session(user_id, session).await?;
        log::info!(user_id; "logged out");
        Ok(())
    }

    async fn find_account(&self, name: &str) -> ApiResult<Option<Account>> {
        if name.chars().count() > MAX_LOGIN_CHARS {
            return Ok(None);
        }
        Ok(found(self.db.find_account(name).await)?)
    }

    async fn authenticate(
        &self,
        account: Option<Account>,
        password: &str,
    ) -> ApiResult<(Account, Verdict)> {
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let verdict = self.shared.hasher.verify(password.to_owned(), stored).await?;
        match account {
            Some(account) if verdict != Verdict::Wrong => Ok((account, verdict)),
            account => {
                let user_id = account.map(|account| account.user.id);
                log::info!(user_id:?; "a login was refused");
                Err(wrong_credentials())
            }
        }
    }

    /// Replaces a hash of an older scheme or cost, unless the password was changed meanwhile. A
    /// login never fails over this: the next one tries again.
    async fn rehash(&self, account: &Account, password: String) {
        let user_id = account.user.id;
        let hash = match self.shared.hasher.hash(password).await {
            Ok(hash) => hash,
            Err(error) => return log::warn!(user_id; "cannot rehash: {}", Chain(&error)),
        };
        let patch = AccountPatch {
            password_hash: Some(hash),
            expected_password_hash: Some(account.password_hash.clone()),
            ..AccountPatch::default()
        };
        match self.db.patch_account(user_id, &patch).await {
            Ok(_account) => log::info!(user_id; "an outdated password hash was replaced"),
            Err(error) => log::warn!(user_id; "cannot store the rehash: {}", Chain(&error)),
        }
    }

    async fn open_session(&self, account: Account, origin: Origin) -> ApiResult<Login> {
        let user = account.user;
        let now = self.shared.clock.now();
        let IssuedToken { token, session_id, token_id, expires_at } =
            self.shared.signer.issue(user.id, now).map_err(ApiError::internal)?;
        let session = NewSession {
            id: session_id,
            token_id,
            expires_at,
            user_agent: origin.user_agent,
            address: Some(origin.address.to_string()),
        };
        self.db.create_session(user.id, &session).await?;
        log::info!(user_id = user.id; "logged in");
        let ttl = self.shared.signer.ttl();
        let answer = LoggedIn {
            success: true,
            token,
            token_type: "Bearer".to_owned(),
            expires_in: ttl.as_secs(),
            user,
        };
        Ok(Login { answer, ttl })
    }
}

/// The one of three fields that names the account. Blank ones are absent: forms send them.
fn named_account(request: &LoginRequest) -> ApiResult<&str> {
    let fields = [&request.username, &request.email, &request.login];
    let mut given =
        fields.into_iter().flatten().map(|name| name.trim()).filter(|name| !name.is_empty());
    match (given.next(), given.next()) {
        (Some(name), None) => Ok(name),
        (None, _) => {
            let detail = "Say who you are, with `username`, `email` or `login`.";
            Err(ApiError::invalid_field("/login", detail))
        }
        (Some(_), Some(_)) => {
            let detail = "Give one of `username`, `email` and `login`, not several.";
            Err(ApiError::invalid_field("/login", detail))
        }
    }
}

/// Refuses by the request alone what no account can have.
fn check_password(password: &str) -> ApiResult<()> {
    if (1..=MAX_PASSWORD_BYTES).contains(&password.len()) {
        Ok(())
    } else {
        let detail = "The password must have 1 to 1024 bytes.";
        Err(ApiError::invalid_field("/password", detail))
    }
}
