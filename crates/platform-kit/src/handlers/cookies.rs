//! `cookies`: a user's own for the site. They go in, and what they say never comes out.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use common_types::{
    ErrorCode,
    account::ApiKeyScope,
    cookies::{CookiesRequest, MAX_COOKIES_BYTES},
};
use db_client::DbClient;
use service_kit::{
    ApiError, ApiResult, FromUser,
    json::{parse, read_body},
};

use crate::routes::Context;

/// In JSON, every tab and line end takes two characters.
const MAX_JSON_BYTES: usize = MAX_COOKIES_BYTES + MAX_COOKIES_BYTES / 2;

/// Says whether there are any, and of which domains.
pub(crate) async fn get_cookies(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Read)?;
    Ok(HttpResponse::Ok().json(context.cookies.state(&client, user.id()).await?))
}

/// Takes a file of them, in place of what was there.
pub(crate) async fn put_cookies(
    request: HttpRequest,
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let file = read_file(&request, payload).await?;
    let client = client.acting(&user.act());
    Ok(HttpResponse::Ok().json(context.cookies.keep(&client, user.id(), &file).await?))
}

/// Forgets them.
pub(crate) async fn delete_cookies(
    user: FromUser,
    context: web::Data<Context>,
    client: web::Data<DbClient>,
) -> ApiResult<HttpResponse> {
    user.require(ApiKeyScope::Download)?;
    let client = client.acting(&user.act());
    Ok(HttpResponse::Ok().json(context.cookies.forget(&client, user.id()).await?))
}

/// The file, as the whole body or as a member of it.
async fn read_file(request: &HttpRequest, payload: web::Payload) -> ApiResult<String> {
    match request.content_type() {
        "text/plain" => {
            let body = read_body(payload.into_inner(), MAX_COOKIES_BYTES).await?;
            let detail = "The cookies are not text in UTF-8.";
            String::from_utf8(body.to_vec())
                .map_err(|_not_text| ApiError::new(ErrorCode::InvalidRequest, detail))
        }
        "application/json" => {
            let body = read_body(payload.into_inner(), MAX_JSON_BYTES).await?;
            let CookiesRequest { cookies } = parse(&body)?;
            if cookies.len() > MAX_COOKIES_BYTES {
                let detail = "The cookies are larger than 256 KiB.";
                return Err(ApiError::new(ErrorCode::PayloadTooLarge, detail));
            }
            Ok(cookies)
        }
        _ => {
            let detail = "The cookies must come as text/plain or application/json.";
            Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail))
        }
    }
}
