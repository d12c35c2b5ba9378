//! Opening a session, and ending it again.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use common_types::{
    ErrorCode,
    account::{LoggedIn, LoginRequest},
    internal::{
        accounts::{Account, AccountPatch, NewSession},
        audit::{Act, LoginAttempt, LoginRefused, Tried},
    },
};
use service_kit::{ApiError, ApiResult, Chain};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{AuthService, wrong_credentials};
use crate::{passwords::Verdict, signing::IssuedToken};

/// Longer names and addresses are not given out, and nobody is asked for them.
const MAX_LOGIN_CHARS: usize = 200;
/// Far above what may be chosen, for passwords that were carried over.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Stands for an address that no gateway told; there is none such in practice.
pub(super) const UNKNOWN_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// An answered login, and how long it holds.
pub(crate) struct Login {
    pub(crate) answer: LoggedIn,
    pub(crate) ttl: Duration,
}

impl AuthService {
    /// Opens a session for whoever knows the account's password.
    ///
    /// An account that does not exist costs the same work as a wrong password, and is answered the
    /// same, and is throttled the same. That an account is disabled is told only to those who know its password.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_credentials`, `account_disabled`; `rate_limited` after many wrong
    /// passwords for this account, unless this address is known to be its owner's.
    pub(crate) async fn log_in(&self, request: LoginRequest, act: &Act) -> ApiResult<Login> {
        let name = named_account(&request)?;
        check_password(&request.password)?;
        let account = self.attempt(name, act).await?;
        let (account, verdict) = self.authenticate(account, &request.password, act).await?;
        if !account.is_active {
            self.note_refusal(Some(account.user.id), act).await?;
            let detail = "This account is disabled.";
            return Err(ApiError::new(ErrorCode::AccountDisabled, detail));
        }
        if verdict == Verdict::RightButOutdated {
            self.rehash(&account, request.password).await;
        }
        self.open_session(account, act).await
    }

    /// Ends the session for good: its token is refused from now on.
    pub(crate) async fn log_out(&self, user_id: i64, act: &Act, session: Uuid) -> ApiResult<()> {
        self.db.acting(act).end_session(user_id, session).await?;
        log::info!(user_id; "logged out");
        Ok(())
    }

    /// The account that is meant, if there is one and its password may be tried now.
    async fn attempt(&self, name: &str, act: &Act) -> ApiResult<Option<Account>> {
        let login = (name.chars().count() <= MAX_LOGIN_CHARS).then(|| name.to_owned());
        let tried = Tried::Login { login, digest: digest(name) };
        let address = act.address.unwrap_or(UNKNOWN_ADDRESS);
        let attempt = LoginAttempt { tried, address };
        let admission = self.db.acting(act).attempt_login(&attempt).await?;
        match admission.wait_ms {
            Some(wait_ms) => Err(too_often(wait_ms)),
            None => Ok(admission.account),
        }
    }

    async fn note_refusal(&self, user_id: Option<i64>, act: &Act) -> ApiResult<()> {
        let address = act.address.unwrap_or(UNKNOWN_ADDRESS);
        let refused = LoginRefused { user_id, address, is_own: false };
        Ok(self.db.acting(act).refuse_login(&refused).await?)
    }

    async fn authenticate(
        &self,
        account: Option<Account>,
        password: &str,
        act: &Act,
    ) -> ApiResult<(Account, Verdict)> {
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let verdict = self.shared.hasher.verify(password.to_owned(), stored).await?;
        match account {
            Some(account) if verdict != Verdict::Wrong => Ok((account, verdict)),
            account => {
                let user_id = account.map(|account| account.user.id);
                self.note_refusal(user_id, act).await?;
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

    async fn open_session(&self, account: Account, act: &Act) -> ApiResult<Login> {
        let user = account.user;
        let now = self.shared.clock.now();
        let IssuedToken { token, session_id, token_id, expires_at } =
            self.shared.signer.issue(user.id, now).map_err(ApiError::internal)?;
        let session = NewSession {
            id: session_id,
            token_id,
            expires_at,
            user_agent: act.user_agent.clone(),
            address: act.address.map(|address| address.to_string()),
        };
        let act = Act { actor: Some(user.id), session: Some(session_id), ..act.clone() };
        self.db.acting(&act).create_session(user.id, &session).await?;
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

/// Says how long to wait, to the second.
pub(super) fn too_often(wait_ms: u64) -> ApiError {
    let seconds = wait_ms.div_ceil(1000).max(1);
    let detail = "Too many wrong passwords for this account; try again later.";
    ApiError::new(ErrorCode::RateLimited, detail).with_retry_after(seconds)
}

/// What stands for a name that nobody goes by, in the form in which two of them are the same.
fn digest(name: &str) -> String {
    let folded = name.trim().to_lowercase();
    Sha256::digest(folded).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
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
