//! For whom a peer acts.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use common_types::{
    ErrorCode,
    internal::audit::{ACT_HEADER, Act},
};
use service_kit::{ApiError, ApiResult, request_id};

use crate::store::audit::Actor;

/// What the peer says; nobody, where it says nothing. Internal routes are for peers alone.
pub(super) struct ByActor(pub(super) Actor);

impl FromRequest for ByActor {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let act = request.headers().get(ACT_HEADER).map_or(Ok(Act::default()), |value| {
            serde_json::from_slice(value.as_bytes()).map_err(|error| {
                ApiError::new(ErrorCode::InvalidRequest, "The peer acts for nobody we know.")
                    .with_source(error)
            })
        });
        let request_id = request_id::current().unwrap_or_default();
        ready(act.map(|act| Self(Actor { act, request_id })))
    }
}
