//! For whom a request asks, as the audit log will have it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use common_types::internal::audit::Act;
use service_kit::{ApiError, ApiResult, FromGateway};

/// Who asks, from where, and with what.
pub(crate) struct Acting(pub(crate) Act);

impl FromRequest for Acting {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let from = FromGateway::from_request(request, payload).into_inner();
        ready(from.map(|from| Self(from.act())))
    }
}
