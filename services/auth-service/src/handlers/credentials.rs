//! `POST login`, `POST verify`, `POST logout`, and the keys that verify tokens.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, USER_AGENT},
    web::Data,
};
use common_types::{
    ErrorCode,
    account::{Done, LoginRequest},
};
use service_kit::{ApiError, ApiResult, FromGateway, FromUser, JsonBody};

use super::session_cookie;
use crate::service::{AuthService, Login, Origin, sessions};

/// Short enough that a key which was withdrawn is soon forgotten; a gateway that meets a new one
/// asks at once.
const JWKS_CACHE: &str = "public, max-age=60";

pub(crate) async fn log_in(
    service: Data<AuthService>,
    from: FromGateway,
    request: HttpRequest,
    JsonBody(credentials): JsonBody<LoginRequest>,
) -> ApiResult<HttpResponse> {
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let origin = Origin { user_agent: user_agent.map(str::to_owned), address: from.client_address };
    let Login { answer, ttl } = service.log_in(credentials, origin).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .cookie(session_cookie::set(&request, answer.token.clone(), ttl))
        .json(answer))
}

pub(crate) async fn verify(
    service: Data<AuthService>,
    from: FromGateway,
) -> ApiResult<HttpResponse> {
    let verified = async {
        let identity = from.user.ok_or_else(|| {
            ApiError::new(ErrorCode::Unauthenticated, "There is no credential to verify.")
        })?;
        service.verify(&identity).await
    };
    let verified = verified.await.map_err(|error: ApiError| match error.problem().status {
        401 => error.with_invalid_credential(),
        _ => error,
    })?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(verified))
}

pub(crate) async fn log_out(
    service: Data<AuthService>,
    from: FromUser,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let session = sessions::required(&from.user)?;
    service.log_out(from.id(), session).await?;
    Ok(HttpResponse::Ok()
        .cookie(session_cookie::clear(&request))
        .json(Done::new("You are logged out.")))
}

pub(crate) async fn get_jwks(service: Data<AuthService>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, JWKS_CACHE))
        .content_type("application/json")
        .body(service.jwks().to_string())
}
