//! Making an account.

use std::sync::atomic::Ordering;

use common_types::{
    ErrorCode, FieldError,
    account::{RegisterRequest, Registered},
    health::RegistrationState,
    internal::{accounts::NewAccount, audit::Act},
};
use service_kit::{ApiError, ApiResult, config::Registration};

use super::AuthService;
use crate::registration;

impl AuthService {
    /// Whether someone may make an account now, for whoever is about to be shown a form.
    pub(crate) async fn registration_state(&self) -> RegistrationState {
        match self.shared.registration {
            Registration::Closed => RegistrationState::Closed,
            _ if !self.has_accounts().await => RegistrationState::FirstAccount,
            Registration::Open => RegistrationState::Open,
            Registration::First => RegistrationState::Closed,
        }
    }

    /// While it cannot be told there are some: nobody is greeted as the first by mistake.
    async fn has_accounts(&self) -> bool {
        let known = &self.shared.has_accounts;
        if known.load(Ordering::Relaxed) {
            return true;
        }
        let Ok(found) = self.db.has_accounts().await else {
            return true;
        };
        known.fetch_or(found, Ordering::Relaxed);
        found
    }

    /// Makes an account; the first one of all becomes admin.
    ///
    /// The password is hashed before anyone is asked whether the name is taken, so that the answer
    /// takes as long either way.
    ///
    /// # Errors
    /// `registration_closed`, `invalid_request`, `already_exists`.
    pub(crate) async fn register(
        &self,
        act: &Act,
        request: RegisterRequest,
    ) -> ApiResult<Registered> {
        if self.shared.registration == Registration::Closed {
            let detail = "Registration is closed on this server.";
            return Err(ApiError::new(ErrorCode::RegistrationClosed, detail));
        }
        registration::check(&request, &self.shared.rules)?;
        let account = NewAccount {
            username: request.username,
            email: request.email,
            password_hash: self.shared.hasher.hash(request.password).await?,
            only_if_first: self.shared.registration == Registration::First,
        };
        let made = self.db.acting(act).create_account(&account).await;
        let user = made.map_err(|error| point_at(error.into()))?;
        let user = user.user;
        log::info!(user_id = user.id; "an account was made, of role {}", user.role);
        let message = "Your account has been made; you can log in now.".to_owned();
        Ok(Registered { success: true, message, user_id: user.id })
    }
}

/// db-service says in words which of the two is taken; clients want a pointer.
fn point_at(error: ApiError) -> ApiError {
    if error.code() != ErrorCode::AlreadyExists {
        return error;
    }
    let detail = error.problem().detail.clone();
    let pointer = if detail.contains("username") { "/username" } else { "/email" };
    error.with_errors(vec![FieldError::new(pointer, detail)])
}
