//! For whom a request asks, as the audit log will have it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT};
use common_types::internal::audit::Act;
use service_kit::{ApiError, ApiResult, FromGateway};

use crate::service::sessions;

/// Longer ones tell no more.
const USER_AGENT_CHARS: usize = 400;

/// Who asks, from where, and with what.
pub(crate) struct Acting(pub(crate) Act);

impl FromRequest for Acting {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let from = FromGateway::from_request(request, payload).into_inner();
        ready(from.map(|FromGateway { user, client_address }| {
            let user_agent =
                request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
            let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS).collect());
            Self(Act {
                actor: user.as_ref().map(|user| user.user_id),
                session: user.as_ref().and_then(sessions::parse),
                address: Some(client_address),
                user_agent,
            })
        }))
    }
}
