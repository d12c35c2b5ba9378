//! `POST register`.

use actix_web::{HttpResponse, web::Data};
use common_types::account::RegisterRequest;
use service_kit::{ApiResult, JsonBody};

use super::acting::Acting;
use crate::service::AuthService;

pub(crate) async fn register(
    service: Data<AuthService>,
    Acting(act): Acting,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> ApiResult<HttpResponse> {
    let registered = service.register(&act, request).await?;
    Ok(HttpResponse::Created().json(registered))
}
