//! `POST register`.

use actix_web::{HttpResponse, web::Data};
use common_types::account::RegisterRequest;
use service_kit::{ApiResult, FromGateway, JsonBody};

use crate::service::AuthService;

pub(crate) async fn register(
    service: Data<AuthService>,
    _from: FromGateway,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> ApiResult<HttpResponse> {
    let registered = service.register(request).await?;
    Ok(HttpResponse::Created().json(registered))
}
