//! `POST login`, `POST verify`, `POST logout`, and the keys that verify tokens.

use actix_web::{HttpRequest, HttpResponse, http::header::CACHE_CONTROL, web::Data};
use common_types::{
    ErrorCode,
    account::{Done, LoginRequest},
    internal::audit::Act,
};
use service_kit::{ApiError, ApiResult, FromGateway, FromUser, JsonBody};

use super::{acting::Acting, session_cookie};
use crate::service::{AuthService, Login, sessions};

/// Short enough that a key which was withdrawn is soon forgotten; a gateway that meets a new one
/// asks at once.
const JWKS_CACHE: &str = "public, max-age=60";

pub(crate) async fn log_in(
    service: Data<AuthService>,
    Acting(act): Acting,
    request: HttpRequest,
    JsonBody(credentials): JsonBody<LoginRequest>,
) -> ApiResult<HttpResponse> {
    // Whoever logs in is nobody yet, whatever credential came along.
    let act = Act { actor: None, session: None, ..act };
    let Login { answer, ttl } = service.log_in(credentials, &act).await?;
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
    Acting(act): Acting,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let session = sessions::required(&from.user)?;
    service.log_out(from.id(), &act, session).await?;
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
