//! What gateways ask: what was revoked, and whose an API key is.

use actix_web::web::{Data, Json, Query};
use common_types::internal::accounts::{ApiKeyLookup, ApiKeyVerdict, RevocationFeed};
use serde::Deserialize;
use service_kit::{ApiResult, FromPeer, JsonBody};

use crate::service::AuthService;

#[derive(Deserialize)]
pub(crate) struct FeedQuery {
    /// The cursor of the answer before; the beginning, if there was none.
    #[serde(default)]
    after: i64,
}

pub(crate) async fn list_revocations(
    service: Data<AuthService>,
    _peer: FromPeer,
    Query(query): Query<FeedQuery>,
) -> ApiResult<Json<RevocationFeed>> {
    Ok(Json(service.revocations(query.after).await?))
}

pub(crate) async fn verify_api_key(
    service: Data<AuthService>,
    _peer: FromPeer,
    JsonBody(lookup): JsonBody<ApiKeyLookup>,
) -> ApiResult<Json<ApiKeyVerdict>> {
    Ok(Json(service.verify_api_key(&lookup).await?))
}
