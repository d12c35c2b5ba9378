//! The signed identity that a service gets in place of the client's credential.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use auth_tokens::{Identity, IdentityKey, UserIdentity};
use http::HeaderValue;
use service_kit::{ApiError, ApiResult, Clock, identity::GATEWAY};

/// A signature holds for a minute; one that is used again has most of it left.
const REUSE_SECONDS: i64 = 20;

/// Signs identities for this gateway.
pub(crate) struct Voucher {
    key: Arc<IdentityKey>,
    clock: Clock,
}

/// The last signature for one credential, with whom and when it was for.
#[derive(Debug, Default)]
pub(crate) struct LastSignature(Mutex<Option<(IpAddr, i64, HeaderValue)>>);

impl Voucher {
    pub(crate) fn new(key: Arc<IdentityKey>, clock: Clock) -> Self {
        Self { key, clock }
    }

    /// For a request without a user.
    pub(crate) fn for_anyone(&self, address: IpAddr) -> ApiResult<HeaderValue> {
        self.sign(None, address)
    }

    /// For a request of a user; `last` is looked at first, and kept up.
    pub(crate) fn for_user(
        &self,
        user: &UserIdentity,
        address: IpAddr,
        last: &LastSignature,
    ) -> ApiResult<HeaderValue> {
        let now = self.clock.now().as_seconds();
        let mut last = last.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((whose, when, signature)) = &*last
            && *whose == address
            && (0..REUSE_SECONDS).contains(&now.saturating_sub(*when))
        {
            return Ok(signature.clone());
        }
        let signature = self.sign(Some(user.clone()), address)?;
        *last = Some((address, now, signature.clone()));
        Ok(signature)
    }

    /// For a call that the gateway makes for itself.
    pub(crate) fn for_itself(&self) -> Result<String, auth_tokens::TokenError> {
        self.key.sign(Identity::of_service(GATEWAY), self.clock.now())
    }

    fn sign(&self, user: Option<UserIdentity>, address: IpAddr) -> ApiResult<HeaderValue> {
        let identity =
            Identity { service: GATEWAY.to_owned(), user, client_address: Some(address) };
        let signed = self.key.sign(identity, self.clock.now()).map_err(ApiError::internal)?;
        HeaderValue::try_from(signed).map_err(ApiError::internal)
    }
}
