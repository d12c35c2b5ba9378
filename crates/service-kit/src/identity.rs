//! Who asks: extractors for the signed identity that is the only credential services accept.

use std::{
    future::{Ready, ready},
    net::IpAddr,
    sync::Arc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT, web};
use auth_tokens::{Identity, IdentityKey, Scopes, UserIdentity};
use common_types::{ErrorCode, account::ApiKeyScope, internal::audit::Act, paths::IDENTITY_HEADER};

use crate::{ApiError, ApiResult, Clock};

/// The name under which the gateway vouches.
pub const GATEWAY: &str = "gateway";

/// Longer ones tell no more.
const USER_AGENT_CHARS: usize = 400;

/// What the extractors need; a service puts one into its application data.
#[derive(Debug, Clone)]
pub struct IdentityContext {
    pub key: Arc<IdentityKey>,
    pub clock: Clock,
}

impl IdentityContext {
    fn verify(request: &HttpRequest) -> ApiResult<Identity> {
        let context = request
            .app_data::<web::Data<Self>>()
            .ok_or_else(|| ApiError::internal("the service has no identity context"))?;
        let token = request.headers().get(IDENTITY_HEADER).and_then(|value| value.to_str().ok());
        let token = token.ok_or_else(bypassed)?;
        context
            .key
            .verify(token, context.clock.now())
            .map_err(|error| bypassed().with_source(error))
    }
}

fn bypassed() -> ApiError {
    let detail = "This service answers only what comes through the gateway.";
    ApiError::new(ErrorCode::Unauthenticated, detail)
}

/// A request that came through the gateway, with or without a user.
#[derive(Debug, Clone)]
pub struct FromGateway {
    pub user: Option<UserIdentity>,
    pub client_address: IpAddr,
    /// What the client says it is, cut to a sane length.
    pub user_agent: Option<String>,
}

impl FromGateway {
    /// For whom what follows is done, as the audit log has it.
    pub fn act(&self) -> Act {
        act(self.user.as_ref(), self.client_address, self.user_agent.as_deref())
    }
}

impl FromRequest for FromGateway {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(IdentityContext::verify(request).and_then(|identity| {
            let client_address = identity.client_address.filter(|_| identity.service == GATEWAY);
            let client_address = client_address.ok_or_else(bypassed)?;
            Ok(Self { user: identity.user, client_address, user_agent: user_agent(request) })
        }))
    }
}

/// A request of a user, through the gateway.
#[derive(Debug, Clone)]
pub struct FromUser {
    pub user: UserIdentity,
    pub client_address: IpAddr,
    /// What the client says it is, cut to a sane length.
    pub user_agent: Option<String>,
}

impl FromUser {
    pub fn id(&self) -> i64 {
        self.user.user_id
    }

    /// For whom what follows is done, as the audit log has it.
    pub fn act(&self) -> Act {
        act(Some(&self.user), self.client_address, self.user_agent.as_deref())
    }

    /// Refuses an API key that lacks `scope`; a session may do all that its user may.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, scope: ApiKeyScope) -> ApiResult<()> {
        match &self.user.scopes {
            Scopes::All => Ok(()),
            Scopes::Only(scopes) if scopes.contains(&scope) => Ok(()),
            Scopes::Only(_) => {
                let detail = format!("This API key lacks the scope `{scope}`.");
                Err(ApiError::new(ErrorCode::Forbidden, detail))
            }
        }
    }
}

impl FromRequest for FromUser {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let from = FromGateway::from_request(request, payload).into_inner();
        ready(from.and_then(|FromGateway { user, client_address, user_agent }| {
            let missing = || ApiError::new(ErrorCode::Unauthenticated, "Log in first.");
            Ok(Self { user: user.ok_or_else(missing)?, client_address, user_agent })
        }))
    }
}

fn user_agent(request: &HttpRequest) -> Option<String> {
    let told = request.headers().get(USER_AGENT)?.to_str().ok()?;
    Some(told.chars().take(USER_AGENT_CHARS).collect())
}

fn act(user: Option<&UserIdentity>, address: IpAddr, user_agent: Option<&str>) -> Act {
    let session = user.and_then(|user| user.session_id.as_deref());
    Act {
        actor: user.map(|user| user.user_id),
        session: session.and_then(|id| id.parse().ok()),
        address: Some(address),
        user_agent: user_agent.map(str::to_owned),
    }
}

/// A request that another process makes for itself. What the gateway forwards for a client always
/// carries the client's address, and is refused here however it was routed.
#[derive(Debug, Clone)]
pub struct FromPeer {
    pub service: String,
}

impl FromRequest for FromPeer {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(IdentityContext::verify(request).and_then(|identity| {
            if identity.client_address.is_some() || identity.user.is_some() {
                return Err(bypassed());
            }
            Ok(Self { service: identity.service })
        }))
    }
}
