//! `/internal/users/{user}/cookies/{platform}`.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Payload},
};
use common_types::internal::cookies::{CookieRecord, MAX_SEALED_BYTES, SealedCookies};
use service_kit::{
    ApiResult,
    json::{parse, read_body},
};

use crate::{service::Service, store::cookie_jars};

/// The JSON around what is sealed.
const WRAPPING_BYTES: usize = 64;

pub(super) async fn put(
    service: Data<Service>,
    path: Path<(i64, String)>,
    payload: Payload,
) -> ApiResult<Json<CookieRecord>> {
    let (user, platform) = path.into_inner();
    let body = read_body(payload.into_inner(), MAX_SEALED_BYTES + WRAPPING_BYTES).await?;
    let new: SealedCookies = parse(&body)?;
    let put = move |conn: &mut _, now| cookie_jars::put(conn, user, &platform, &new, now);
    Ok(Json(service.write(put).await?))
}

pub(super) async fn get(
    service: Data<Service>,
    path: Path<(i64, String)>,
) -> ApiResult<Json<CookieRecord>> {
    let (user, platform) = path.into_inner();
    Ok(Json(service.read(move |conn, _now| cookie_jars::get(conn, user, &platform)).await?))
}

pub(super) async fn delete(
    service: Data<Service>,
    path: Path<(i64, String)>,
) -> ApiResult<HttpResponse> {
    let (user, platform) = path.into_inner();
    service.write(move |conn, _now| cookie_jars::delete(conn, user, &platform)).await?;
    Ok(HttpResponse::NoContent().finish())
}
